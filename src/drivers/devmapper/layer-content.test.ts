/** Reading the layers of thin devices, and letting go of them whatever happens. Runs where there is a device mapper. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { type CheckEvent, checkDeep, namespaced } from '../../../tests/support/over-driver.js';
import type { FaultPoint } from '../../base/index.js';
import { CanceledError } from '../../errors/index.js';
import { deviceMapper, mappedDevicePath, temporaryMount } from '../../linux/index.js';
import { type Mount, noContext, type Snapshotter } from '../../snapshots/index.js';
import { devmapperChecker } from './checker.js';
import { newPlace, type Opened, openAt, type Place, type RigOptions, recordedDevices } from './driver.test.rig.js';
import { openLayer } from './layer-content.js';
import { Readers } from './readers.js';
import { templateId } from './template.js';
import { ThinPool } from './thin-pool.js';

const MIB = 2 ** 20;

/** Something that is done at the moment at which a layer is mounted to be read. */
class Moment {
  act: () => void = () => undefined;

  reach(point: FaultPoint): void {
    if (point === 'devmapper.reading') this.act();
  }
}

interface Read {
  readonly place: Place;
  readonly opened: Opened;
  readonly snapshotter: Snapshotter;
  readonly moment: Moment;
}

async function openRead(t: TestContext, options: RigOptions = {}): Promise<Read> {
  const place = await newPlace(t);
  const moment = new Moment();
  const opened = await openAt(place, { fileList: true, faults: moment, ...options });
  t.after(() => opened[Symbol.asyncDispose]());
  return { place, opened, snapshotter: namespaced(opened), moment };
}

async function write(mounts: readonly Mount[], text: string): Promise<void> {
  await using mounted = await temporaryMount(mounts);
  writeFileSync(path.join(mounted.path, 'file'), text);
}

async function layer(snapshotter: Snapshotter, name: string, parent = ''): Promise<void> {
  await write(await snapshotter.prepare({ key: 'make', parent }), name);
  await snapshotter.commit({ key: 'make', name });
}

/** Reading it takes a while. */
async function largeLayer(snapshotter: Snapshotter, name: string): Promise<void> {
  await write(await snapshotter.prepare({ key: 'make' }), 'much'.repeat(6 * MIB));
  await snapshotter.commit({ key: 'make', name });
}

/** Lets no reading end before it is stopped, so that the speed of the machine does not decide which comes first. */
function readUntilStopped(t: TestContext): void {
  const { read } = Readers.prototype;
  t.mock.method(
    Readers.prototype,
    'read',
    function (
      this: Readers,
      id: string,
      work: (signal: AbortSignal) => Promise<unknown>,
      signal: AbortSignal | undefined,
    ) {
      const longer = async (end: AbortSignal): Promise<never> => {
        await work(end);
        if (!end.aborted) await once(end, 'abort');
        throw new CanceledError('stopped');
      };
      return read.call(this, id, longer, signal);
    },
  );
}

async function eventsOf(checked: AsyncIterable<CheckEvent>): Promise<string[]> {
  const texts: string[] = [];
  for await (const event of checked) {
    if (event.type === 'finding') texts.push(`${event.finding.kind} ${event.finding.remedy}`);
    if (event.type === 'summary') texts.push(`${event.summary.compared} compared`);
  }
  return texts;
}

function assertGivenUp(checked: AsyncIterable<CheckEvent>): Promise<void> {
  return assert.rejects(eventsOf(checked), CanceledError);
}

/** No device and no mount is left of what was read. */
async function assertLetGo({ directory, poolName }: Place): Promise<void> {
  const devices = (await deviceMapper.list()).filter((name) => name.startsWith(`${poolName}-read-`));
  assert.deepEqual(devices, []);
  const root = path.join(directory, 'root');
  assert.doesNotMatch(readFileSync('/proc/self/mounts', 'latin1'), new RegExp(` ${root}/`));
  assert.deepEqual(
    readdirSync(root).filter((name) => name !== 'file-lists'),
    [],
  );
}

function onlyDevice(opened: Opened, place: Place) {
  const found = recordedDevices(opened, place).find(({ id }) => id !== templateId);
  assert.ok(found);
  return found;
}

describe('a deep check of thin devices', { skip: noBreakableDisks() }, () => {
  for (const fileSystem of ['ext4', 'xfs', 'ext2'] as const) {
    it(`reads layers with ${fileSystem}, mounted or put away, and leaves them as they are`, async (t) => {
      const baseImageSize = (fileSystem === 'xfs' ? 304 : 32) * MIB;
      const { place, opened, snapshotter } = await openRead(t, { fileSystem, baseImageSize });
      await using mounted = await temporaryMount(await snapshotter.prepare({ key: 'used' }));
      writeFileSync(path.join(mounted.path, 'file'), 'below');
      await snapshotter.commit({ key: 'used', name: 'base' });
      await layer(snapshotter, 'top', 'base');
      await opened.snapshotter.cleanup();
      const before = recordedDevices(opened, place);
      assert.deepEqual(await eventsOf(checkDeep(opened, place)), ['2 compared']);
      assert.deepEqual(recordedDevices(opened, place), before);
      await assertLetGo(place);
    });
  }

  it('reads layers without file lists, and does not compare them', async (t) => {
    const { place, opened, snapshotter } = await openRead(t, { fileList: false });
    await layer(snapshotter, 'base');
    assert.deepEqual(await eventsOf(checkDeep(opened, place)), ['0 compared']);
    await assertLetGo(place);
  });

  it('lets go of what it reads when it is given up', async (t) => {
    const { place, opened, snapshotter, moment } = await openRead(t);
    await largeLayer(snapshotter, 'base');
    for (const soon of [(work: () => void) => work(), setImmediate]) {
      const giveUp = new AbortController();
      moment.act = () => void soon(() => giveUp.abort());
      await assertGivenUp(checkDeep(opened, place, { ...noContext, signal: giveUp.signal }));
      await assertLetGo(place);
    }
  });

  it('keeps nobody from making snapshots on a layer', async (t) => {
    const { place, opened, snapshotter, moment } = await openRead(t);
    await largeLayer(snapshotter, 'base');
    const others: Promise<unknown>[] = [];
    moment.act = () => void others.push(snapshotter.prepare({ key: `work ${others.length}`, parent: 'base' }));
    assert.deepEqual(await eventsOf(checkDeep(opened, place)), ['1 compared']);
    assert.equal((await Promise.all(others)).length, 1);
    await assertLetGo(place);
  });

  it('gives way to the removal of a layer', async (t) => {
    const { place, opened, snapshotter, moment } = await openRead(t);
    await largeLayer(snapshotter, 'base');
    readUntilStopped(t);
    let removed: Promise<unknown> = Promise.resolve();
    moment.act = () => {
      removed = snapshotter.remove('base');
    };
    assert.deepEqual(await eventsOf(checkDeep(opened, place)), ['0 compared']);
    await removed;
    assert.deepEqual(
      recordedDevices(opened, place).map(({ id }) => id),
      [templateId],
    );
    assert.deepEqual(opened.reported, []);
    await assertLetGo(place);
  });

  it('says what cannot be read, and lets go of it', async (t) => {
    const { place, opened, snapshotter } = await openRead(t);
    await layer(snapshotter, 'base');
    await opened.snapshotter.cleanup();
    const { record } = onlyDevice(opened, place);
    const { poolName } = place;
    const parameters = `${mappedDevicePath(poolName)} ${record.deviceId}`;
    await deviceMapper.create(`${poolName}-damage`, { sectors: record.size / 512, type: 'thin', parameters });
    {
      await using device = await open(mappedDevicePath(`${poolName}-damage`), 'r+');
      await device.write(Buffer.alloc(4096), 0, 4096, 0);
      await device.sync();
    }
    await deviceMapper.remove(`${poolName}-damage`);
    assert.deepEqual(await eventsOf(checkDeep(opened, place)), ['unreadable-file none', '0 compared']);
    await assertLetGo(place);
  });

  it('writes nothing to a commit that fails to be listed, and lets go of it', async (t) => {
    const { place, snapshotter, moment } = await openRead(t);
    const giveUp = new AbortController();
    moment.act = () => giveUp.abort();
    await write(await snapshotter.prepare({ key: 'make' }), 'base');
    await assert.rejects(snapshotter.commit({ key: 'make', name: 'base' }, { signal: giveUp.signal }), CanceledError);
    await assertLetGo(place);
    assert.equal((await snapshotter.stat('make')).kind, 'active');
    moment.act = () => undefined;
    await snapshotter.commit({ key: 'make', name: 'base' });
  });

  it('has what a killed process had mounted found by a check and taken away by a start', async (t) => {
    const { place, opened, snapshotter } = await openRead(t);
    await layer(snapshotter, 'base');
    const { id, record } = onlyDevice(opened, place);
    const { directory, poolName } = place;
    const root = path.join(directory, 'root');
    const { store } = opened;
    const closed = devmapperChecker({ root, store, poolName });
    await openLayer({ pool: new ThinPool(poolName, deviceMapper), root }, { id, record });
    const [problem] = (await closed.inspectPlace?.('normal')) ?? [];
    assert.equal(problem?.kind, 'stray-mount');
    assert.equal(await closed.repairPlace?.(problem), true);
    assert.deepEqual(await closed.inspectPlace?.('normal'), []);
    await openLayer({ pool: new ThinPool(poolName, deviceMapper), root }, { id, record });
    await opened[Symbol.asyncDispose]();
    await using again = await openAt(place);
    assert.deepEqual(again.reported, []);
    await assertLetGo(place);
  });
});
