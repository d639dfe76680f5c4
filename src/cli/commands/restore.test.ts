import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { runInProcess } from '../../../tests/support/run-cli.js';
import { FailedPreconditionError } from '../../errors/index.js';
import type { Tools } from '../io.js';

/** Runs `strata restore` where a restore has an outcome, and tells what was restored to where. */
async function restore(args: readonly string[], outcome: string | Error | undefined, columns?: number) {
  const restored: (readonly [root: string, file: string])[] = [];
  const restoreRoot: Tools['restoreRoot'] = async ({ root }, file) => {
    restored.push([root, file]);
    if (outcome instanceof Error) throw outcome;
    return { replaced: outcome };
  };
  const terminal = columns === undefined ? {} : { columns };
  const ran = await runInProcess(['restore', ...args], { tools: { restoreRoot }, ...terminal });
  return { ...ran, restored };
}

const kept = '/r/store.replaced-2026-07-31';

describe('strata restore', () => {
  it('says what was replaced and what to do next, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const { status, out, restored } = await restore(['--root', '/r', '/b/records.db'], kept, columns);
      assert.equal(status, 0);
      assert.equal(
        out,
        `\
restored the records of /r from /b/records.db
the records from before are kept in ${kept}
no files are deleted for want of records until that directory is
next: strata check --root /r
`,
      );
      assert.deepEqual(restored, [['/r', '/b/records.db']]);
    }
  });

  it('says nothing of records from before where there were none', async () => {
    const { out, restored } = await restore(['--root', 'r', 'records.db'], undefined);
    const [root, file] = [path.resolve('r'), path.resolve('records.db')];
    assert.equal(out, `restored the records of ${root} from ${file}\nnext: strata check --root ${root}\n`);
    assert.deepEqual(restored, [[root, file]]);
  });

  it('restores into no root that nobody has named', async () => {
    const { status, out, err, restored } = await restore(['/b/records.db'], kept);
    assert.deepEqual([status, out, restored], [2, '', []]);
    assert.equal(
      err,
      'strata: this replaces the records of a root: name it with --root (usual is /var/lib/strata) or --config\n',
    );
  });

  it('escapes paths', async () => {
    const { out } = await restore(['--root', '/r\u001b[31m', '/b\n/records.db'], `${kept}\u001b`);
    assert.equal(out.includes('\u001b'), false);
    assert.ok(out.endsWith("\nnext: strata check --root $'/r\\x1b[31m'\n"));
    assert.equal(out.split('\n')[0], 'restored the records of /r\\x1b[31m from /b\\n/records.db');
  });

  it('prints JSON', async () => {
    const { out } = await restore(['--root', '/r', '/b', '--json'], kept);
    assert.deepEqual(JSON.parse(out), { file: '/b', root: '/r', replaced: kept });
  });

  it('ends with 1 while a daemon serves the root', async () => {
    const { status, out, err } = await restore(
      ['--root', '/var/lib/strata', '/b'],
      new FailedPreconditionError('process 42 serves /var/lib/strata'),
    );
    assert.deepEqual([status, out, err], [1, '', 'strata: failed precondition: process 42 serves /var/lib/strata\n']);
  });

  it('refuses an empty file name', async () => {
    const { status, err, restored } = await restore(['--root', '/r', ''], kept);
    assert.deepEqual([status, err, restored], [2, 'strata: <file>: want a path, got ""\n', []]);
  });
});
