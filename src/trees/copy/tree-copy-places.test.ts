import assert from 'node:assert/strict';
import { closeSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openPlace } from '../../linux/index.js';
import { Places, targetOf } from './tree-copy-places.js';

describe('Places', () => {
  it('lead to both sides, and are all closed in the end', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-places-'));
    t.after(() => rmSync(root, { recursive: true }));
    for (const side of ['from', 'to']) mkdirSync(join(root, side, 'inner'), { recursive: true });
    const before = readdirSync('/proc/self/fd').length;
    {
      using places = new Places();
      const top = places.top({ source: openPlace(join(root, 'from')), target: openPlace(join(root, 'to')) });
      const inner = places.entryOf(top, 'inner');
      assert.equal(lstatSync(targetOf(inner)).ino, lstatSync(join(root, 'to', 'inner')).ino);
      const { source, target } = places.open(inner);
      closeSync(source);
      closeSync(target);
      assert.throws(() => places.open(places.entryOf(top, 'missing')), { code: 'ENOENT' });
    }
    assert.equal(readdirSync('/proc/self/fd').length, before);
  });
});
