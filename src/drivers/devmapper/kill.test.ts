/** SIGKILL in the middle of operations on thin devices. Runs where there is a device mapper. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { deviceMapper, temporaryMount, unmountAll } from '../../linux/index.js';
import type { LocalSnapshotter } from '../../snapshots/index.js';
import { newPlace, type Opened, openAt, type Place, recordedDevices } from './driver.test.rig.js';
import { templateId } from './template.js';

const child = fileURLToPath(new URL('./kill.test.child.js', import.meta.url));
const rounds = 4;

/** Lets the child work until it has told of some layers, and kills it. @returns the layers it told of. */
async function workAndKill({ directory, poolName }: Place, round: number): Promise<string[]> {
  const args = ['--enable-source-maps', child, directory, poolName, String(round)];
  const worker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(worker, 'exit');
  const told: string[] = [];
  for await (const line of createInterface({ input: worker.stdout })) {
    told.push(line);
    // Not at the line itself, where nothing is under way, but a little later each time.
    if (told.length === 3) setTimeout(() => worker.kill('SIGKILL'), 7 * round);
  }
  const [, signal] = await ended;
  assert.equal(signal, 'SIGKILL');
  await unmountLeft(poolName);
  return told;
}

/** What the child had mounted outlives it. */
async function unmountLeft(poolName: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  for (const [source = '', point = ''] of mounts) if (source.includes(`${poolName}-snap-`)) await unmountAll(point);
}

async function contentOf(snapshotter: LocalSnapshotter, name: string): Promise<string> {
  const key = `look ${name}`;
  try {
    await using mounted = await temporaryMount(await snapshotter.view({ key, parent: name }));
    return await readFile(path.join(mounted.path, name.replaceAll('/', '-')), 'utf8');
  } finally {
    await snapshotter.remove(key);
  }
}

/** Every device has a record and every record a snapshot. */
async function assertNothingLeft(opened: Opened, place: Place): Promise<void> {
  const { snapshotter } = opened;
  const pool = place.poolName;
  await snapshotter.cleanup();
  const ids = recordedDevices(opened, place).flatMap(({ id }) => (id === templateId ? [] : [id]));
  let snapshots = 0;
  for await (const _ of snapshotter.walk()) snapshots += 1;
  assert.equal(ids.length, snapshots);
  const names = new Set(ids.map((id) => `${pool}-snap-${id}`));
  const devices = (await deviceMapper.list()).filter((name) => name.startsWith(`${pool}-snap-`));
  assert.deepEqual(
    devices.filter((name) => !names.has(name)),
    [],
  );
}

describe('devmapper', { skip: noBreakableDisks() }, () => {
  it('keeps every committed layer through SIGKILL, and cleans up what was under way', async (t) => {
    const place = await newPlace(t);
    const told: string[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      told.push(...(await workAndKill(place, round)));
      await using opened = await openAt(place);
      for (const name of told) assert.equal(await contentOf(opened.snapshotter, name), name);
      await assertNothingLeft(opened, place);
      assert.deepEqual(opened.reported, []);
    }
  });
});
