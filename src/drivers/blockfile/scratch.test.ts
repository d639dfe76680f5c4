import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeFileSystem } from '../../linux/index.js';
import { type Driver, noContext } from '../../snapshots/index.js';
import { imageOf, MIB, open, skip, snapshot } from './driver.test.rig.js';
import { openBlockfileDriver } from './index.js';

const GIB = 2 ** 30;

describe('an empty image to start from', { skip }, () => {
  it('takes little room for an empty image, with and without synchronising', async (t) => {
    for (const durability of ['full', 'none'] as const) {
      const driver = await open(t, { durability, defaultSize: 10 * GIB });
      await driver.create(snapshot({ id: '1' }), noContext);
      assert.equal(statSync(imageOf(driver, '1')).size, 10 * GIB);
      assert.ok((await driver.usage(snapshot({ id: '1' }), noContext)).size < 16 * MIB);
    }
  });

  it('starts from an image that it is given', async (t) => {
    const base = await mkdtemp(join(tmpdir(), 'strata-scratch-'));
    t.after(() => rmSync(base, { recursive: true }));
    const scratchFile = join(base, 'image');
    writeFileSync(scratchFile, '');
    await truncate(scratchFile, 16 * MIB);
    await makeFileSystem({ type: 'ext4', path: scratchFile, options: ['-L', 'given'] });
    const root = join(base, 'root');
    const label = (driver: Driver) =>
      readFileSync(imageOf(driver, '1'))
        .subarray(1024 + 120, 1024 + 125)
        .toString();
    const driver = await openBlockfileDriver({ root, scratchFile });
    await driver.create(snapshot({ id: '1' }), noContext);
    assert.equal(label(driver), 'given');

    await makeFileSystem({ type: 'ext4', path: scratchFile, options: ['-L', 'other'] });
    for (const [recreateScratch, want] of [
      [false, 'given'],
      [true, 'other'],
    ] as const) {
      await driver.discard(['1'], noContext);
      const again = await openBlockfileDriver({ root, scratchFile, recreateScratch });
      await again.create(snapshot({ id: '1' }), noContext);
      assert.equal(label(again), want);
    }
  });
});
