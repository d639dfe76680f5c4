import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CanceledError } from '../../../errors/index.js';
import { writeFileList } from '../../../trees/index.js';
import { compareContent, contentAt } from './content.js';

async function layer(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'strata-content-'));
  t.after(() => rmSync(root, { recursive: true }));
  const [tree, fileList] = [join(root, 'tree'), join(root, 'list')];
  mkdirSync(tree);
  for (let n = 0; n < 3; n++) writeFileSync(join(tree, `${n}`), `${n}`);
  await writeFileList({ tree, fileList });
  const look = async () => {
    const report = await compareContent(async () => contentAt(tree, fileList), '/shown', undefined);
    return { ...report, problems: report.problems.map(({ kind, path }) => `${kind} ${path}`) };
  };
  return { tree, fileList, look };
}

describe('compareContent', () => {
  it('finds nothing in a layer that is as it was', async (t) => {
    assert.deepEqual(await (await layer(t)).look(), { problems: [], compared: true });
  });

  it('tells what is missing, added and different, by the paths that people know', async (t) => {
    const { tree, look } = await layer(t);
    rmSync(join(tree, '0'));
    writeFileSync(join(tree, '1'), 'other');
    writeFileSync(join(tree, 'more'), '');
    const { problems } = await look();
    for (const wanted of ['content-missing /shown/0', 'content-differs /shown/1', 'content-added /shown/more']) {
      assert.ok(problems.includes(wanted), `${wanted} in ${problems.join()}`);
    }
  });

  it('tells of a list that is damaged, and compares nothing without one', async (t) => {
    const { fileList, look } = await layer(t);
    truncateSync(fileList, 20);
    assert.deepEqual((await look()).problems, [`unreadable-file-list ${fileList}`]);
    rmSync(fileList);
    assert.deepEqual(await look(), { problems: [], compared: false });
  });

  it('tells what cannot be opened, and closes what was', async (t) => {
    const { tree, fileList } = await layer(t);
    const failing = () => Promise.reject(new Error('no device'));
    assert.deepEqual(await compareContent(failing, '/shown', undefined), {
      problems: [{ kind: 'unreadable-file', path: '/shown', message: 'no device', repairable: false }],
      compared: false,
    });
    let closed = 0;
    const open = async () => ({ tree, fileList, [Symbol.asyncDispose]: async () => void closed++ });
    await compareContent(open, '/shown', undefined);
    await assert.rejects(compareContent(open, '/shown', AbortSignal.abort()), CanceledError);
    assert.equal(closed, 2);
  });
});
