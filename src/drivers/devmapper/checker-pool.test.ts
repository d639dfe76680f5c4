/** What a check says of the devices of a pool. Runs where there is a device mapper. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { type CheckedRoot, openCheckedBackEnd, runCheck } from '../../../tests/support/checked-root.js';
import { populate } from '../../../tests/support/damage/damage.js';
import { devmapperDamages } from '../../../tests/support/damage/device-damage.js';
import { tryDamage } from '../../../tests/support/damage/try-damage.js';
import { deviceMapper, temporaryMount } from '../../linux/index.js';
import { testPool } from './driver.test.pool.js';
import { openDevmapperDriver } from './index.js';

const BASE_IMAGE_SIZE = 48 * 2 ** 20;

async function openRoot(t: TestContext, fileList = false): Promise<CheckedRoot> {
  const { name: poolName } = await testPool(t);
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-check-'));
  const root = await openCheckedBackEnd(
    {
      name: 'devmapper',
      open: (own, store) =>
        openDevmapperDriver({ root: own, store, poolName, baseImageSize: BASE_IMAGE_SIZE, fileList }),
      inTree: async ({ mounts }, work) => {
        await using mounted = await temporaryMount(mounts);
        work(mounted.path);
      },
      shown: '.',
    },
    directory,
  );
  t.after(async () => {
    await root[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });
  return root;
}

describe('the check of devmapper', { skip: noBreakableDisks() }, () => {
  for (const damage of devmapperDamages(deviceMapper)) {
    it(`finds and repairs ${damage.kind}: ${damage.name}`, async (t) => {
      await tryDamage(damage, await openRoot(t, damage.fileList));
    });
  }

  it('leaves a device where it is that it takes away, and notes where that is', async (t) => {
    const root = await openRoot(t);
    const there = await populate(root);
    const damage = devmapperDamages(deviceMapper).find(({ kind }) => kind === 'faulty-device');
    await damage?.make(root, there);
    await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: true } });
    const place = root.subject.lostAndFound('devmapper');
    const notes = readdirSync(place).map((name) =>
      JSON.parse(readFileSync(path.join(place, name, 'whence.json'), 'utf8')),
    );
    const devices = notes.flatMap(({ device }) => (device === undefined ? [] : [device]));
    assert.deepEqual(
      devices.map(({ fault }) => fault).filter((fault) => fault !== ''),
      ['it broke'],
    );
    // What is based on it is made again, under other numbers.
    await root.snapshotter.prepare({ key: 'again', parent: 'base' });
  });
});
