/** Finding the devices of layers again when the store is lost. Runs where there is a device mapper. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { checkDeep, listOver, namespaced, rebuildOver } from '../../../tests/support/over-driver.js';
import { deviceMapper, temporaryMount } from '../../linux/index.js';
import type { Mount, Snapshotter } from '../../snapshots/index.js';
import { newPlace, type Opened, openAt, type Place } from './driver.test.rig.js';
import { deviceNumbersTable, devicesTable } from './tables.js';
import { ThinPool } from './thin-pool.js';

const MIB = 2 ** 20;

async function within<T>(mounts: readonly Mount[], work: (tree: string) => T): Promise<T> {
  await using mounted = await temporaryMount(mounts);
  return work(mounted.path);
}

async function layer(snapshotter: Snapshotter, name: string, parent = ''): Promise<void> {
  const mounts = await snapshotter.prepare({ key: `make ${name}`, parent });
  await within(mounts, (tree) => writeFileSync(path.join(tree, name), name.repeat(MIB)));
  await snapshotter.commit({ key: `make ${name}`, name });
}

async function textIn(snapshotter: Snapshotter, name: string): Promise<string> {
  const mounts = await snapshotter.view({ key: `look ${name}`, parent: name });
  try {
    return await within(mounts, (tree) => readFileSync(path.join(tree, name), 'utf8').slice(0, name.length));
  } finally {
    await snapshotter.remove(`look ${name}`);
  }
}

/** Does work at a place, and ends as a daemon does: with a list of its layers that is complete. */
async function life(place: Place, work: (snapshotter: Snapshotter, opened: Opened) => Promise<void>): Promise<void> {
  await using opened = await openAt(place, { manifest: true });
  const list = await listOver(opened);
  await work(namespaced(opened), opened);
  await opened.snapshotter.cleanup();
  await list.rewrite();
  await list.close();
}

async function placeWithLayers(t: TestContext): Promise<Place> {
  const place = await newPlace(t);
  await life(place, async (snapshotter) => {
    await layer(snapshotter, 'one');
    await layer(snapshotter, 'two', 'one');
    await layer(snapshotter, 'three', 'two');
    await layer(snapshotter, 'beside', 'one');
  });
  return place;
}

function loseRecords({ directory }: Place): void {
  rmSync(path.join(directory, 'store'), { recursive: true });
}

const numbersOf = ({ store }: Opened) =>
  store.read((tx) => [...tx.range(devicesTable)].map(({ value: { deviceId } }) => deviceId));
const listOf = ({ directory }: Place) => path.join(directory, 'root', 'layers');

describe('thin devices whose records are lost', { skip: noBreakableDisks() }, () => {
  it('are found again by what the list of layers says', async (t) => {
    const place = await placeWithLayers(t);
    loseRecords(place);
    await using opened = await openAt(place, { manifest: true });
    assert.deepEqual(await rebuildOver(opened), { placed: 4, refused: [] });
    assert.deepEqual(await rebuildOver(opened), { placed: 0, refused: [] });
  });

  it('have what they had, take new snapshots, and are deleted with their layers', async (t) => {
    const place = await placeWithLayers(t);
    loseRecords(place);
    {
      await using opened = await openAt(place);
      await rebuildOver(opened);
    }
    await using opened = await openAt(place, { manifest: true });
    const snapshotter = namespaced(opened);
    for (const name of ['one', 'two', 'three', 'beside']) assert.equal(await textIn(snapshotter, name), name);
    await layer(snapshotter, 'four', 'three');
    for await (const event of checkDeep(opened, place)) {
      assert.equal(event.type, 'summary', JSON.stringify(event));
      if (event.type === 'summary') assert.equal(event.summary.compared, 5);
    }
    for (const name of ['four', 'three', 'two', 'beside', 'one']) await snapshotter.remove(name);
    assert.deepEqual(
      opened.store.read((tx) => [...tx.range(devicesTable)]),
      [],
      'none was made without a parent',
    );
    assert.deepEqual(opened.reported, []);
  });

  it('are passed over when their layers were removed, and their numbers go to no other', async (t) => {
    const place = await placeWithLayers(t);
    // Not told to the list, as by one that lies behind.
    const before = readFileSync(listOf(place));
    let numbers: number[] = [];
    await life(place, async (snapshotter, opened) => {
      numbers = numbersOf(opened);
      // It has the largest number.
      await snapshotter.remove('beside');
    });
    await life(place, async (snapshotter, opened) => {
      await snapshotter.prepare({ key: 'another', parent: 'two' });
      const given = numbersOf(opened).filter((number) => !numbers.includes(number));
      assert.deepEqual(given, [Math.max(...numbers) + 1], 'a number that was never given out');
    });
    writeFileSync(listOf(place), before);
    loseRecords(place);
    await using opened = await openAt(place);
    assert.deepEqual(await rebuildOver(opened), { placed: 3, refused: [] });
    const mark = opened.store.read((tx) => tx.get(deviceNumbersTable, [place.poolName]));
    assert.equal(mark, Math.max(...numbers), 'nor is that of a layer that is gone given out again');
  });

  it('are refused when they do not take what the layer took', async (t) => {
    const place = await placeWithLayers(t);
    await using opened = await openAt(place);
    const [{ value: two } = { value: undefined }] = opened.store.read((tx) =>
      [...tx.range(devicesTable)].filter(({ key: [, id] }) => id === 2),
    );
    assert.ok(two);
    const name = `${place.poolName}-damage`;
    const parameters = `/dev/mapper/${place.poolName} ${two.deviceId}`;
    await deviceMapper.create(name, { sectors: two.size / 512, type: 'thin', parameters });
    const mount = { type: two.fileSystem, source: `/dev/mapper/${name}`, target: '', options: [] };
    await within([mount], (tree) => writeFileSync(path.join(tree, 'more'), Buffer.alloc(8 * MIB, 1)));
    await deviceMapper.remove(name);
    await opened[Symbol.asyncDispose]();
    loseRecords(place);
    await using again = await openAt(place);
    const { placed, refused } = await rebuildOver(again);
    assert.equal(placed, 2);
    assert.match(
      refused.join('\n'),
      /^two: its device, number \d+ of .* takes \d+ bytes, and took \d+ when .*\nthree: its parent/,
    );
  });

  it('are refused when somebody else has their number, or they lie in another pool', async (t) => {
    const place = await placeWithLayers(t);
    const other = await newPlace(t);
    loseRecords(place);
    {
      await using opened = await openAt({ ...place, poolName: other.poolName });
      const { placed, refused } = await rebuildOver(opened);
      assert.equal(placed, 0);
      assert.match(refused[0] ?? '', /^one: its device is in the pool .*, and .* is configured$/);
    }
    loseRecords(place);
    await using opened = await openAt(place);
    await opened.store.write((tx) => {
      const record = {
        deviceId: 2,
        state: 'deactivated',
        fileSystem: 'ext4',
        size: 512,
        shared: 0,
        fault: '',
      } as const;
      tx.put(devicesTable, [place.poolName, 900], record);
    });
    const { placed, refused } = await rebuildOver(opened);
    assert.equal(placed, 0);
    assert.match(
      refused[0] ?? '',
      /^one: its device, number 2 of .*, is recorded as that of the snapshot with the id 900$/,
    );
  });

  it('take the place of another device that has their name', async (t) => {
    const { poolName } = await newPlace(t);
    const pool = new ThinPool(poolName, deviceMapper);
    for (const deviceId of [50, 51]) {
      await pool.createThin(deviceId);
      await pool.activate('9', { deviceId, size: MIB });
      assert.equal(await pool.numberOf('9'), deviceId);
    }
  });

  it('that are activated keep their ids, and are given to nobody', async (t) => {
    const place = await newPlace(t);
    let source = '';
    await life(place, async (snapshotter) => {
      await layer(snapshotter, 'one');
      const mounts = await snapshotter.prepare({ key: 'lost', parent: 'one' });
      source = mounts[0]?.source ?? '';
      await within(mounts, (tree) => writeFileSync(path.join(tree, 'file'), 'lost'));
    });
    loseRecords(place);
    {
      await using opened = await openAt(place);
      assert.deepEqual(await rebuildOver(opened), { placed: 1, refused: [] });
    }
    await using opened = await openAt(place);
    const snapshotter = namespaced(opened);
    const [mount] = await snapshotter.prepare({ key: 'new', parent: 'one' });
    assert.notEqual(mount?.source, source);
    await opened.snapshotter.cleanup();
    const found: string[] = [];
    for await (const event of checkDeep(opened, place)) {
      if (event.type === 'finding') found.push(`${event.finding.kind} ${event.finding.id}`);
    }
    assert.deepEqual(found, [`orphan-directory ${source.split('-').at(-1)}`]);
    const id = source.split('-').at(-1) ?? '';
    const forgotten = await opened.driver.checker?.forget?.(id);
    assert.match(JSON.stringify(forgotten), /^\{"pool":".*","deviceId":\d+\}$/);
    assert.equal(await deviceMapper.find(path.basename(source)), undefined);
  });
});
