import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DataLossError } from '../../errors/index.js';
import { noContext } from '../../snapshots/index.js';
import { open, snapshot } from './driver.test.rig.js';

describe('recreate', () => {
  const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

  it('makes only what is missing, as create makes it', async (t) => {
    const driver = await open(t);
    const place = join(driver.root, 'snapshots', '9');
    await driver.create(snapshot({}), noContext);
    assert.equal(await driver.recreate?.(snapshot({}), noContext), false);
    mkdirSync(join(place, 'fs', 'content'));
    rmSync(join(place, 'work'), { recursive: true });
    assert.equal(await driver.recreate?.(snapshot({}), noContext), true);
    assert.equal(modeOf(join(place, 'work')), 0o711);
    assert.deepEqual(readdirSync(join(place, 'fs')), ['content']);
    for (const gone of [place, join(place, 'fs')]) {
      rmSync(gone, { recursive: true });
      assert.equal(await driver.recreate?.(snapshot({}), noContext), true);
      assert.deepEqual(readdirSync(place).sort(), ['fs', 'work']);
      assert.deepEqual([modeOf(place), modeOf(join(place, 'fs'))], [0o700, 0o755]);
    }
  });

  it('makes no work directory for a view', async (t) => {
    const driver = await open(t);
    assert.equal(await driver.recreate?.(snapshot({ kind: 'view' }), noContext), true);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots', '9')), ['fs']);
  });

  it('makes nothing over a parent whose files are gone', async (t) => {
    const driver = await open(t);
    await assert.rejects(async () => driver.recreate?.(snapshot({ parentIds: ['4'] }), noContext), DataLossError);
    assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
  });
});
