/** Directories that change behind the daemon's back: calls give errors, nothing crashes, other snapshots work. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {
  connect,
  type Mount,
  type Snapshotter,
  type StrataClient,
  StrataError,
  UnavailableError,
} from '../../src/index.js';
import type { Random } from '../support/random.js';
import { overlayDirectoryOf } from '../torture/back-ends/overlay.js';
import { type Places, writeConfiguration } from '../torture/configuration.js';
import { Victim } from '../torture/victim.js';
import type { Fuzzed, FuzzTarget } from './target.js';

/** The target. */
export const directories: FuzzTarget = {
  name: 'directories',
  attempts: 60,
  async open(directory) {
    const places = await writeConfiguration(directory);
    const victim = new Victim(places.config, undefined);
    if (!(await victim.answers())) throw new Error('the daemon did not start');
    const canary = path.join(directory, 'canary');
    mkdirSync(canary);
    writeFileSync(path.join(canary, 'alive'), 'yes');
    return new Directories({ victim, places, canary });
  },
};

function directoryOf(mounts: readonly Mount[]): string {
  const directory = overlayDirectoryOf(mounts);
  if (directory === undefined) throw new Error('the mounts tell no directory');
  return directory;
}

const idOf = (mounts: readonly Mount[]): string => path.basename(path.dirname(directoryOf(mounts)));

/** What somebody does to a directory. */
const harms: readonly ((directory: string, canary: string) => void)[] = [
  (directory) => rmSync(directory, { recursive: true }),
  (directory) => renameSync(directory, `${directory}-moved`),
  (directory) => chmodSync(directory, 0),
  (directory, canary) => {
    rmSync(directory, { recursive: true });
    symlinkSync(canary, directory);
  },
  (directory) => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, 'a file');
  },
  (directory) => mkdirSync(path.join(directory, 'surprise', 'deeper'), { recursive: true }),
];

class Directories implements Fuzzed {
  readonly #victim: Victim;
  readonly #places: Places;
  /** Something outside that symbolic links lead to, and that nobody may touch. */
  readonly #canary: string;
  readonly #client: StrataClient;
  readonly #snapshotter: Snapshotter;
  #count = 0;

  constructor({ victim, places, canary }: { victim: Victim; places: Places; canary: string }) {
    this.#victim = victim;
    this.#places = places;
    this.#canary = canary;
    this.#client = connect({ address: places.address, namespace: 'default' });
    this.#snapshotter = this.#client.snapshotter();
  }

  async attempt(random: Random): Promise<void> {
    const round = `r${++this.#count}`;
    const [theirs, ours] = [await this.#layer(`${round}-theirs`), await this.#layer(`${round}-ours`)];
    const harmed = [theirs.layerId, theirs.activeId].map((id) => path.join(this.#places.driver, 'snapshots', id));
    for (let times = 1 + random.below(3); times > 0; times--) this.#harm(random, random.pick(harmed));
    await this.#tryAll(theirs.name, random);
    await this.#works(ours.name);
    assert.equal(existsSync(path.join(this.#canary, 'alive')), true, 'what a symbolic link leads to was deleted');
    assert.equal(this.#victim.dead, false, this.#victim.log);
  }

  /** A layer and an active snapshot over it, and the ids of both. */
  async #layer(name: string): Promise<{ name: string; layerId: string; activeId: string }> {
    const making = await this.#snapshotter.prepare({ key: `${name}-making` });
    writeFileSync(path.join(directoryOf(making), 'file'), name);
    await this.#snapshotter.commit({ key: `${name}-making`, name });
    const active = await this.#snapshotter.prepare({ key: `${name}-active`, parent: name });
    return { name, layerId: idOf(making), activeId: idOf(active) };
  }

  #harm(random: Random, directory: string): void {
    const inside = random.pick([directory, path.join(directory, 'fs'), path.join(directory, 'work')]);
    if (!existsSync(inside) || !statSync(inside).isDirectory() || realpathSync(inside) !== inside) return;
    random.pick(harms)(inside, this.#canary);
  }

  /** Every call on what was harmed, in any order: each is answered, be it with an error. */
  async #tryAll(name: string, random: Random): Promise<void> {
    const calls: readonly (() => Promise<unknown>)[] = [
      () => this.#snapshotter.usage(`${name}-active`),
      () => this.#snapshotter.mounts(`${name}-active`),
      () => this.#snapshotter.prepare({ key: `${name}-more`, parent: name }),
      () => this.#snapshotter.view({ key: `${name}-view`, parent: name }),
      () => this.#snapshotter.commit({ key: `${name}-active`, name: `${name}-committed` }),
      () => this.#snapshotter.cleanup(),
      () => this.#snapshotter.remove(`${name}-active`),
    ];
    for (const call of [...calls].sort(() => random.next() - 0.5)) {
      try {
        await call();
      } catch (error) {
        if (!(error instanceof StrataError) || error instanceof UnavailableError) throw error;
      }
    }
  }

  /** Everything can be done with a snapshot that nobody has touched. */
  async #works(name: string): Promise<void> {
    await this.#snapshotter.commit({ key: `${name}-active`, name: `${name}-2` });
    assert.equal((await this.#snapshotter.usage(name)).inodes, 2);
    await this.#snapshotter.view({ key: `${name}-view`, parent: `${name}-2` });
    for (const key of [`${name}-view`, `${name}-2`, name]) await this.#snapshotter.remove(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#victim.kill();
  }
}
