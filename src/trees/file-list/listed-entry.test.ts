import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { entriesOf, nameOfText, nameText } from './listed-entry.js';

describe('the entries of a tree', () => {
  it('come directory by directory, by the bytes of their names', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-entry-'));
    t.after(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'b', 'c'), { recursive: true });
    for (const name of ['b/x', 'B', 'b.x', 'b/c/y']) writeFileSync(join(root, name), name);
    symlinkSync('B', join(root, 'link'));
    const entries = [...entriesOf(root, () => false)];
    assert.deepEqual(
      entries.map(({ path }) => path),
      ['', 'B', 'b', 'b.x', 'link', 'b/c', 'b/x', 'b/c/y'],
    );
    assert.ok(entries.every((entry) => 'facts' in entry));
    let asked = 0;
    assert.ok([...entriesOf(root, () => ++asked > 2)].length < entries.length);
  });

  it('have names that are text, or are marked as none', () => {
    for (const name of ['file', 'ä', '\xff\xfe']) {
      const binary = Buffer.from(name, name.startsWith('\xff') ? 'latin1' : 'utf8').toString('latin1');
      assert.equal(nameOfText(nameText(binary)), binary);
    }
    assert.equal(nameText('\xff'), '\0/w==');
  });
});
