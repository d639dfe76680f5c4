import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { measureTree } from './tree-measure.js';

describe('measureTree; disk-usage.test.ts compares it with du(1)', () => {
  it('asks before each entry whether to go on, and what of a file not to count', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-measure-'));
    t.after(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'inner'));
    for (const name of ['inner/a', 'b']) writeFileSync(join(root, name), 'x'.repeat(4096));
    let asked = 0;
    const all = measureTree(root, { stop: () => ++asked > 100 });
    assert.deepEqual([asked, all?.inodes], [4, 4]);
    const paths: string[] = [];
    const uncounted = (path: Buffer) => {
      paths.push(path.toString());
      return 4096;
    };
    const less = measureTree(root, { uncounted });
    assert.deepEqual(paths.sort(), [join(root, 'b'), join(root, 'inner', 'a')]);
    assert.equal(less?.size, (all?.size ?? 0) - 8192);
    assert.equal(measureTree(join(root, 'b'), { uncounted: () => 2 ** 30 })?.size, 0);
    let left = 2;
    assert.equal(measureTree(root, { stop: () => --left < 0 }), undefined);
  });
});
