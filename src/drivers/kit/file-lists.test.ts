import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CanceledError } from '../../errors/index.js';
import { draftOf } from '../../trees/index.js';
import { FileLists, fileListPath } from './file-lists.js';

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'strata-lists-'));
  t.after(() => rmSync(root, { recursive: true }));
  const tree = join(root, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'file'), 'x');
  return { root, tree };
}

describe('FileLists', () => {
  it('are written where commits are to write them, for nobody else to read', async (t) => {
    const { root, tree } = place(t);
    const lists = FileLists.below(root, true);
    assert.deepEqual(await lists.ids(), []);
    await lists.remove(['7']);
    await lists.write({ id: '7', tree });
    assert.equal(lstatSync(fileListPath(root, '7')).mode & 0o7777, 0o600);
    assert.equal(lstatSync(join(root, 'file-lists')).mode & 0o7777, 0o700);
    assert.deepEqual(await lists.ids(), ['7']);
    await lists.remove(['7', '8', '../tree', '']);
    assert.deepEqual(readdirSync(join(root, 'file-lists')), []);
    assert.ok(existsSync(tree));
  });

  it('do not outlive what they say where none are written', async (t) => {
    const { root, tree } = place(t);
    await FileLists.below(root, true).write({ id: '7', tree });
    await FileLists.below(root, false).write({ id: '7', tree });
    assert.deepEqual(readdirSync(join(root, 'file-lists')), []);
  });

  it('lie with their layers where a driver has directories for those', async (t) => {
    const { root, tree } = place(t);
    const lists = new FileLists({ wanted: true, pathOf: (id) => join(root, `list-${id}`) });
    await lists.write({ id: '7', tree });
    assert.ok(existsSync(join(root, 'list-7')));
    assert.deepEqual(await lists.ids(), []);
  });

  it('leave nothing when they are given up', async (t) => {
    const { root, tree } = place(t);
    const lists = FileLists.below(root, true);
    await assert.rejects(lists.write({ id: '7', tree }, AbortSignal.abort()), CanceledError);
    assert.deepEqual(await lists.ids(), []);
  });

  it('tell strays, and delete what a process left half written', async (t) => {
    const { root, tree } = place(t);
    const lists = FileLists.below(root, true);
    for (const id of ['1', '2']) await lists.write({ id, tree });
    const draft = draftOf(fileListPath(root, '1'));
    writeFileSync(draft, 'half');
    const strays = await lists.strays((id) => id === '1');
    assert.equal(strays.length, 2);
    assert.ok(strays.includes('2'));
    await lists.removeDraft('1');
    await lists.removeDraft('1');
    assert.equal(existsSync(draft), false);
  });
});
