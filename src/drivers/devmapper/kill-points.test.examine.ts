/** Looks whether a process that was killed left what it must have left, and nothing else. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { checkDeep, namespaced } from '../../../tests/support/over-driver.js';
import { deviceMapper, hasErrno, mappedDevicePath, temporaryMount, unmountAll } from '../../linux/index.js';
import { type Info, maxSizeLabel, type Snapshotter } from '../../snapshots/index.js';
import { type Opened, openAt, type Place, recordedDevices } from './driver.test.rig.js';
import { type Expected, mountsOf, type State } from './kill-points.test.steps.js';
import { templateId } from './template.js';

/**
 * Starts over what was left, and looks.
 * @param allowed The states that may be there: nothing but one of them, and that in full.
 */
export async function examine(place: Place, allowed: readonly State[]): Promise<void> {
  await using opened = await openAt(place, { fileList: true });
  // Before: what is suspended cannot be unmounted.
  await unmountClients(place);
  await opened.snapshotter.recover();
  await opened.snapshotter.cleanup();
  const snapshotter = namespaced(opened);
  const state = await stateThere(snapshotter, allowed);
  for (const [name, expected] of state) {
    assert.deepEqual(await filesOf(snapshotter, name, expected), new Map(expected.files), `files of ${name}`);
    await assertLimit(snapshotter, name, expected);
  }
  assertNothingUnfinished(opened, place);
  await assertGoesOn(snapshotter, state);
  assert.deepEqual(await findings(opened, place, state), [], 'strata check');
  await assertNothingElse(opened, place, state);
}

/** What the killed process had mounted for its containers. */
async function unmountClients({ directory }: Place): Promise<void> {
  for (const point of mountPointsBelow(mountsOf(directory))) await unmountAll(point);
}

function mountPointsBelow(directory: string): string[] {
  const points = readFileSync('/proc/self/mounts', 'latin1')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => point.startsWith(`${directory}/`));
}

async function stateThere(snapshotter: Snapshotter, allowed: readonly State[]): Promise<State> {
  const infos: Info[] = [];
  for await (const info of snapshotter.walk()) infos.push(info);
  const there = infos.map(describeInfo).sort();
  const states = allowed.map((state) => [...state].map(([name, entry]) => describeEntry(name, entry)).sort());
  const index = states.findIndex((state) => state.join('\n') === there.join('\n'));
  assert.notEqual(
    index,
    -1,
    `there is\n${there.join('\n')}\nand not one of\n\n${states.map((s) => s.join('\n')).join('\n\n')}`,
  );
  return allowed[index] ?? new Map();
}

function describeInfo({ name, kind, parent, labels }: Info): string {
  return [name, kind, parent, labels.get(maxSizeLabel) ?? '', labels.get('rev') ?? ''].join(' ');
}

function describeEntry(name: string, { kind, parent, limit, rev }: Expected): string {
  return [name, kind, parent, limit ?? '', rev].join(' ');
}

async function filesOf(snapshotter: Snapshotter, name: string, { kind }: Expected): Promise<Map<string, string>> {
  const key = `look ${name}`;
  const mounts = kind === 'committed' ? await snapshotter.view({ key, parent: name }) : await snapshotter.mounts(name);
  try {
    await using mounted = await temporaryMount(mounts);
    const names = readdirSync(mounted.path);
    return new Map(names.map((file) => [file, readFileSync(path.join(mounted.path, file), 'utf8')]));
  } finally {
    if (kind === 'committed') await snapshotter.remove(key);
  }
}

async function assertLimit(snapshotter: Snapshotter, name: string, { kind, limit }: Expected): Promise<void> {
  if (kind !== 'active' || limit === undefined) return;
  const [mount] = await snapshotter.mounts(name);
  await using device = await open(mount?.source ?? '');
  const { size } = await sizeOf(device);
  assert.equal(size, limit, `size of the device of ${name}`);
}

/** What is behind the end of a device cannot be read. */
async function sizeOf(device: Awaited<ReturnType<typeof open>>): Promise<{ readonly size: number }> {
  let [low, high] = [0, 2 ** 30];
  while (low + 512 < high) {
    const middle = Math.floor((low + high) / 1024) * 512;
    const { bytesRead } = await device.read(Buffer.alloc(512), 0, 512, middle);
    [low, high] = bytesRead === 512 ? [middle, high] : [low, middle];
  }
  return { size: high };
}

/** Nothing is in the middle of something, nor is the device that those without a parent are made from. */
function assertNothingUnfinished(opened: Opened, place: Place): void {
  const bad = recordedDevices(opened, place).filter(({ id, record: { state } }) => {
    return id === templateId ? state !== 'deactivated' : !['activated', 'deactivated'].includes(state);
  });
  assert.deepEqual(bad, [], 'unfinished');
}

/** New layers can be made, on what is there and on nothing. */
async function assertGoesOn(snapshotter: Snapshotter, state: State): Promise<void> {
  for (const parent of ['', ...(state.has('base') ? ['base'] : [])]) {
    await snapshotter.prepare({ key: 'make again', parent });
    await snapshotter.commit({ key: 'make again', name: 'again' });
    await snapshotter.remove('again');
  }
}

/** Every device, number and mount is one that the records need. */
async function assertNothingElse(opened: Opened, place: Place, state: State): Promise<void> {
  const { directory, poolName } = place;
  await opened.snapshotter.cleanup();
  const devices = recordedDevices(opened, place).map(({ id, record }) => ({ id, ...record }));
  // The one that those without a parent are made from belongs to none of them.
  assert.equal(devices.length, state.size + 1, 'devices that are recorded');
  const active = devices.filter(({ state: of }) => of === 'activated').map(({ id }) => `${poolName}-snap-${id}`);
  const there = (await deviceMapper.list()).filter((name) => name.startsWith(`${poolName}-`));
  assert.deepEqual(there.sort(), active.sort(), 'devices that are activated');
  for (const name of there) assert.deepEqual(await deviceMapper.find(name), { name, open: 0, suspended: false });
  const numbers = devices.map(({ deviceId }) => deviceId);
  assert.deepEqual(
    await numbersOf(poolName, Math.max(...numbers) + 8),
    numbers.sort((a, b) => a - b),
    'numbers in the pool',
  );
  assert.deepEqual(mountPointsBelow(directory), [], 'mounts');
  const root = path.join(directory, 'root');
  assert.deepEqual(
    readdirSync(root).filter((name) => name !== 'file-lists'),
    [],
    'beside the devices',
  );
  // One that is active may have that of a commit which was not recorded; the next commit replaces it.
  const ids = devices.map(({ id }) => id);
  assert.deepEqual(
    readdirSync(path.join(root, 'file-lists')).filter((name) => !ids.includes(name)),
    [],
    'file lists of nobody',
  );
}

/** Those that the pool has, up to one: it makes none that it has already. */
async function numbersOf(pool: string, last: number): Promise<number[]> {
  assert.ok((await deviceMapper.find(pool)) !== undefined, mappedDevicePath(pool));
  const found: number[] = [];
  for (let number = 0; number <= last; number += 1) {
    try {
      await deviceMapper.message(pool, `create_thin ${number}`);
      await deviceMapper.message(pool, `delete ${number}`);
    } catch (error) {
      if (!hasErrno(error, 'EEXIST')) throw error;
      found.push(number);
    }
  }
  return found;
}

/** What the check finds; every layer is compared with its file list. */
async function findings(opened: Opened, place: Place, state: State): Promise<string[]> {
  const found: string[] = [];
  const layers = [...state.values()].filter(({ kind }) => kind === 'committed');
  for await (const event of checkDeep(opened, place)) {
    if (event.type === 'finding') found.push(JSON.stringify(event.finding));
    if (event.type === 'summary') assert.equal(event.summary.compared, layers.length, 'layers that were compared');
  }
  return found;
}
