import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { noLabels } from '../../snapshots/index.js';
import { placesBelow } from './files.js';
import { ImageLimiter } from './limiter.js';

const MIB = 2 ** 20;

describe('limits of erofs', () => {
  it('are sizes that only grow; block-images.test.ts has them in use', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'strata-erofs-limit-'));
    t.after(() => rmSync(root, { recursive: true }));
    const places = placesBelow(root);
    const limiter = new ImageLimiter(places, 16 * MIB);
    assert.deepEqual([limiter.sizeFor({}), limiter.sizeFor({ bytes: 5 })], [16 * MIB, 5]);
    assert.equal(limiter.support().inodes, false);
    const snapshot = { id: '1', kind: 'active', parentIds: [], labels: noLabels } as const;
    await assert.rejects(limiter.set(snapshot, { bytes: 5 }), NotFoundError);
    mkdirSync(places.snapshot('1'), { recursive: true });
    writeFileSync(places.blockImage('1'), '');
    truncateSync(places.blockImage('1'), 32 * MIB);
    await assert.rejects(limiter.set(snapshot, { bytes: 8 * MIB }), FailedPreconditionError);
    await limiter.set(snapshot, {});
  });
});
