import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compareFileListNow, compareOrder } from './compare-list.js';
import { writeFileListNow } from './list-file.js';
import { entriesOf } from './listed-entry.js';

const goOn = () => false;

describe('compareFileListNow', () => {
  it('tells some differences, and how many more there are', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-compare-'));
    t.after(() => rmSync(root, { recursive: true }));
    const [tree, fileList] = [join(root, 'tree'), join(root, 'list')];
    mkdirSync(tree);
    writeFileListNow({ tree, fileList }, goOn);
    for (let n = 0; n < 300; n++) writeFileSync(join(tree, `${n}`), '');
    const comparison = compareFileListNow({ tree, fileList }, goOn);
    assert.equal(comparison?.compared, true);
    assert.ok(comparison.more > 0);
    const added = comparison.differences.filter(({ kind }) => kind === 'added').length;
    assert.equal(added + comparison.more + 1, 301, 'the directory itself is another as well');
    assert.equal(
      compareFileListNow({ tree, fileList }, () => true),
      undefined,
    );
  });

  it('has the order of the entries of a tree', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-order-'));
    t.after(() => rmSync(root, { recursive: true }));
    for (const name of ['a/b', 'a.b', 'a/c/d', 'b']) mkdirSync(join(root, name), { recursive: true });
    const paths = [...entriesOf(root, goOn)].map(({ path }) => path);
    assert.deepEqual([...paths].sort(compareOrder), paths);
  });
});
