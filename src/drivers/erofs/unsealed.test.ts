import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { unsealedLayers } from './unsealed.js';

describe('unsealedLayers', () => {
  it('are the layers that the kernel does not check, and no active snapshots', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-unsealed-'));
    t.after(() => rmSync(root, { recursive: true }));
    for (const id of ['1', '2']) mkdirSync(join(root, 'snapshots', id), { recursive: true });
    writeFileSync(join(root, 'snapshots', '2', 'layer.erofs'), '');
    assert.deepEqual(unsealedLayers(root), ['2']);
    assert.deepEqual(unsealedLayers(join(root, 'nowhere')), []);
  });
});
