/** Checkpoints and ways back that are killed at every step. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { unmountBelow } from '../../tests/support/checked-back-ends.js';
import { type CheckedRoot, openCheckedBackEnd, runCheck } from '../../tests/support/checked-root.js';
import { endOf } from '../../tests/support/die-at.js';
import { backEndOf, killableBackEnds } from '../../tests/support/killable-back-ends.js';

const program = fileURLToPath(new URL('./killed.test.child.js', import.meta.url));
const call = { namespace: 'default' };

/** What there is when a process dies at a point: before the checkpoint, after it, or when it was rolled back. */
const states = {
  'freeze.sealed': ['committed one', 'active work over one'],
  'freeze.staged': ['committed one', 'active work over one'],
  'replace.staged': ['committed one', 'committed two over one', 'active work over two'],
  'remove.recorded': ['committed one', 'committed two over one', 'active work over one'],
} as const;

async function directoryOf(t: TestContext): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-frozen-'));
  t.after(async () => {
    await unmountBelow(directory);
    rmSync(directory, { recursive: true });
  });
  return directory;
}

async function treeOf({ snapshotter }: CheckedRoot): Promise<string[]> {
  const infos = await Array.fromAsync(snapshotter.walk());
  return infos.map(({ name, kind, parent }) => `${kind} ${name}${parent === '' ? '' : ` over ${parent}`}`);
}

for (const { name, skip } of killableBackEnds) {
  // A mounted tree shows what is below it as well; an upper directory does not.
  const isWhole = name !== 'overlayfs';

  describe(`a checkpoint and the way back on ${name}`, { skip }, () => {
    for (const [point, state] of Object.entries(states)) {
      it(`that are killed at ${point} have happened or have not, and nothing is lost`, async (t) => {
        const directory = await directoryOf(t);
        {
          await using root = await openCheckedBackEnd(backEndOf(name), directory);
          await root.snapshotter.prepare({ key: 'work' });
          await root.inTree('work', (tree) => writeFileSync(path.join(tree, 'first'), '1'));
          await root.local.freeze({ key: 'work', name: 'one' }, call);
          await root.inTree('work', (tree) => writeFileSync(path.join(tree, 'second'), '2'));
        }
        assert.equal(await endOf(program, [directory, name, point]), 'SIGKILL');

        await using root = await openCheckedBackEnd(backEndOf(name), directory);
        await root.snapshotter.cleanup();
        assert.deepEqual(await treeOf(root), state);
        assert.deepEqual((await runCheck(root, { level: 'deep' })).findings, []);
        const isStillWritten = point.startsWith('freeze.');
        await root.inTree('work', (tree) =>
          assert.equal(
            existsSync(path.join(tree, 'second')),
            isStillWritten || (isWhole && point === 'replace.staged'),
          ),
        );
        await root.local.freeze({ key: 'work', name: 'three' }, call);
        assert.equal((await root.snapshotter.stat('three')).kind, 'committed');
      });
    }
  });
}
