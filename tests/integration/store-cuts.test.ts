/** Whatever a power cut leaves of the files of a store that copies its log again and again, it has what was answered. */
import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore, statement } from '../../src/store/index.js';
import { freshSeed, Random } from '../support/random.js';
import { type Breakage, breakages } from '../support/replay/breakages.js';
import { anyState } from '../support/replay/candidates.js';
import { Disk } from '../support/replay/disk.js';
import { imageOf } from '../support/replay/image.js';
import type { Recording } from '../support/replay/model.js';
import { placeImage } from '../support/replay/place-image.js';
import { recordProgram } from '../support/replay/record.js';
import { scenario } from '../support/scenario.js';
import { migrations, textOf } from '../support/store-program.js';

const program = fileURLToPath(new URL('../support/store-program.js', import.meta.url));
const cuts = 40;
/** As in the root of a daemon. */
const storeName = 'io.strata.store.v1.sqlite';
const all = statement<{ readonly number: number; readonly text: string }>('SELECT number, text FROM item');

/** The numbers that a program said something of before a cut. */
function saidBefore({ events }: Recording, point: number, what: 'will' | 'did'): Set<number> {
  const text = events
    .slice(0, point)
    .map((event) => (event.type === 'mark' ? event.text : ''))
    .join('');
  return new Set([...text.matchAll(new RegExp(`^${what} (\\d+)$`, 'gm'))].map(([, number]) => Number(number)));
}

/** What is wrong with a store after a cut. */
async function complaints(recording: Recording, point: number, directory: string): Promise<string[]> {
  await using store = await openStore({ directory, migrations });
  const found = new Map(store.read((tx) => tx.all(all)).map(({ number, text }) => [number, text]));
  const [asked, answered] = [saidBefore(recording, point, 'will'), saidBefore(recording, point, 'did')];
  return [
    ...(await store.verify()),
    ...[...answered].filter((number) => !found.has(number)).map((number) => `${number} is lost`),
    ...[...found]
      .filter(([number]) => !asked.has(number))
      .map(([number]) => `${number} is there, and nobody asked for it`),
    ...[...found].filter(([number, text]) => text !== textOf(number)).map(([number]) => `${number} has another text`),
  ];
}

/** Starts a store on disks that cuts leave of a recording. @returns what is wrong with them. */
async function cutOften(recording: Recording, directory: string, random: Random): Promise<string[]> {
  const disk = new Disk(recording);
  const place = path.join(directory, 'disk');
  const found: string[] = [];
  for (let cut = 0; cut < cuts; cut++) {
    const state = anyState(disk, random);
    await rm(place, { recursive: true, force: true });
    await mkdir(place);
    placeImage(imageOf(disk, state), place, '');
    try {
      found.push(...(await complaints(recording, state.point, path.join(place, storeName))));
    } catch (error) {
      found.push(String(error));
    }
  }
  return found;
}

scenario('a store that copies its log, as power cuts leave it', { needs: ['tracing'] }, async (running) => {
  const directory = await running.directory();
  const seed = freshSeed();
  running.onFailure(() => `--- the seed was ${seed}\n`);
  const recording = await recordProgram({
    directory,
    command: (top, marks) => [program, path.join(top, storeName), marks, '3'],
  });
  await running.step('has everything that was answered, and nothing by halves', async () => {
    assert.deepEqual(await cutOften(recording, directory, new Random(seed)), []);
  });
  const broken: readonly Breakage[] = ['log-unsynced', 'checkpoints-unsynced'];
  for (const breakage of broken) {
    await running.step(`has not when it is broken: ${breakage}`, async () => {
      const found = await cutOften(breakages[breakage](recording), directory, new Random(seed));
      assert.notDeepEqual(found, []);
    });
  }
});
