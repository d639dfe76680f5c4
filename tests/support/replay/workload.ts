/**
 * The program that is recorded: uses Strata in its own process as several callers do at once, closes it, opens it again
 * and goes on. It writes down every call before it makes it, and every answer.
 *
 *     node workload.js <plan in JSON>
 */
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { type Durability, openStrata, type Snapshotter } from '../../../src/index.js';
import { digestOf } from '../power-cut/content.js';
import type { Operation } from '../power-cut/journal.js';
import { filesOf } from '../power-cut/load.js';
import { loadLabel } from '../power-cut/observation.js';
import { Random } from '../random.js';
import { recordedUmask } from './interpreter.js';
import { prefixOf, type Said, textOf } from './marks.js';

/** What it is told. */
export interface WorkloadPlan {
  readonly root: string;
  readonly config: string;
  readonly marks: string;
  readonly durability: Durability;
  readonly seed: number;
  readonly callers: number;
  /** How many layers each caller makes before the store is closed, and again afterwards. */
  readonly layers: number;
}

/** One of several callers, with snapshots of its own. */
class Caller {
  readonly #number: number;
  readonly #random: Random;
  readonly #say: (said: Said) => void;
  /** Layers, each with the one that it is based on. */
  readonly #layers = new Map<string, string>();
  /** Layers under a snapshot that was left active. */
  readonly #inUse = new Set<string>();
  #last = 0;

  constructor(number: number, random: Random, say: (said: Said) => void) {
    this.#number = number;
    this.#random = random;
    this.#say = say;
  }

  /** Makes so many layers, and now and then labels one, looks at one, removes one, or leaves a snapshot active. */
  async work(on: Snapshotter, layers: number): Promise<void> {
    for (let made = 0; made < layers; made++) {
      const name = await this.#makeLayer(on);
      if (this.#random.chance(0.4)) await this.#label(on, name);
      if (this.#random.chance(0.3)) await this.#look(on, name);
      if (this.#random.chance(0.3)) await this.#removeOne(on);
    }
  }

  async #makeLayer(on: Snapshotter): Promise<string> {
    const [key, name] = [this.#name('active'), this.#name('layer')];
    const parent = this.#random.pick(['', ...this.#layers.keys()]);
    const request = { key, ...(parent === '' ? {} : { parent }) };
    const mounts = await this.#call({ type: 'prepare', key, parent }, () => on.prepare(request));
    const files = filesOf(mounts);
    this.#say({ caller: this.#number, id: Number(path.basename(path.dirname(files))) });
    // A layer without content is recorded before it is on disk.
    if (this.#random.chance(0.25)) chmodSync(files, this.#random.pick([0o755, 0o750]));
    else fill(files, this.#random);
    setAllTimes(files);
    if (this.#random.chance(0.15)) {
      this.#inUse.add(parent);
      return this.#makeLayer(on);
    }
    await this.#call({ type: 'commit', key, name, digest: digestOf(files) }, () => on.commit({ key, name }));
    this.#layers.set(name, parent);
    return name;
  }

  async #label(on: Snapshotter, name: string): Promise<void> {
    const value = this.#name('value');
    const labels = new Map([[loadLabel, value]]);
    const update = () => on.update({ name, labels, fieldpaths: [`labels.${loadLabel}`] });
    await this.#call({ type: 'label', name, value }, update);
  }

  async #look(on: Snapshotter, parent: string): Promise<void> {
    const key = this.#name('view');
    await this.#call({ type: 'view', key, parent }, () => on.view({ key, parent }));
    await this.#call({ type: 'remove', name: key }, () => on.remove(key));
  }

  /** Removes a layer on which nothing stands. */
  async #removeOne(on: Snapshotter): Promise<void> {
    const parents = new Set([...this.#layers.values(), ...this.#inUse]);
    const free = [...this.#layers.keys()].filter((name) => !parents.has(name));
    if (free.length < 2) return;
    const name = this.#random.pick(free);
    this.#layers.delete(name);
    await this.#call({ type: 'remove', name }, () => on.remove(name));
  }

  #name(what: string): string {
    this.#last += 1;
    return `${prefixOf(this.#number)}${what}-${this.#last}`;
  }

  async #call<T>(operation: Operation, action: () => Promise<T>): Promise<T> {
    const caller = this.#number;
    this.#say({ caller, entry: { step: 'will', operation } });
    const result = await action();
    this.#say({ caller, entry: { step: 'did' } });
    return result;
  }
}

/** Fills the directory of a layer, without synchronising anything. */
function fill(directory: string, random: Random): void {
  const folder = path.join(directory, 'folder');
  mkdirSync(folder);
  for (let count = 1 + random.below(3); count > 0; count--) {
    const bytes = Buffer.from(Array.from({ length: random.below(9000) }, () => random.below(256)));
    writeFileSync(path.join(random.pick([directory, folder]), `file-${count}`), bytes, { mode: 0o640 });
  }
  symlinkSync('nowhere', path.join(directory, 'link'));
}

/** A recording has no times but those that are set. */
function setAllTimes(directory: string): void {
  const all = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  for (const name of [...all, '.']) lutimesSync(path.join(directory, name), 1_700_000_000, 1_700_000_000);
}

async function main({ root, config, marks, durability, seed, callers: count, layers }: WorkloadPlan): Promise<void> {
  process.umask(recordedUmask);
  const file = openSync(marks, 'w');
  const random = new Random(seed);
  const callers = Array.from({ length: count }, (_, number) => {
    return new Caller(number, random.fork(), (said) => writeSync(file, textOf(said)));
  });
  for (const life of [1, 2]) {
    await using strata = await openStrata({ root, config, durability });
    if (life === 1) await strata.namespaces.create({ name: 'default', labels: new Map() });
    const snapshotter = strata.snapshotter('overlayfs');
    await Promise.all(callers.map((caller) => caller.work(snapshotter, layers)));
    await snapshotter.cleanup();
  }
}

await main(JSON.parse(process.argv[2] ?? '') as WorkloadPlan);
