import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runTreeTask, smallTree } from './tree-tasks.js';

const goOn = () => false;

describe('runTreeTask', () => {
  it('does each task, and stops when it is told to', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-tasks-'));
    t.after(() => rmSync(root, { recursive: true }));
    const path = join(root, 'tree');
    mkdirSync(path);
    writeFileSync(join(path, 'file'), 'x');
    const [tree, fileList] = [path, join(root, 'list')];
    const input = { path, withoutShared: false };
    const measured = runTreeTask({ name: 'measure', input }, goOn);
    assert.deepEqual(runTreeTask({ name: 'measure-small', input }, goOn), measured);
    assert.equal(
      runTreeTask({ name: 'measure', input }, () => true),
      undefined,
    );
    assert.equal(runTreeTask({ name: 'sync', input: { path, parents: [], filesOnly: true } }, goOn), true);
    assert.equal(runTreeTask({ name: 'write-file-list', input: { tree, fileList } }, goOn), true);
    assert.deepEqual(runTreeTask({ name: 'compare-file-list', input: { tree, fileList } }, goOn), {
      compared: true,
      differences: [],
      more: 0,
    });
    const template = { mode: 0o700, directories: [] };
    assert.equal(runTreeTask({ name: 'make', input: { root, names: ['new'], template, milliseconds: 1 } }, goOn), 1);
    for (let n = 0; n <= smallTree; n++) writeFileSync(join(path, `${n}`), '');
    assert.equal(runTreeTask({ name: 'measure-small', input }, goOn), undefined);
    runTreeTask({ name: 'remove', input: { root, names: ['tree', 'new', 'list'] } }, goOn);
    assert.deepEqual(readdirSync(root), []);
  });
});
