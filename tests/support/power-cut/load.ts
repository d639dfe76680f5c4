import { randomInt } from 'node:crypto';
import { chmodSync } from 'node:fs';
import type { Mount, Snapshotter } from '../../../src/index.js';
import { digestOf, fill } from './content.js';
import type { Journal, Operation } from './journal.js';
import { loadLabel } from './observation.js';

/** How many layers a caller keeps before it removes some. */
const keptLayers = 6;

/** One caller that makes, commits, labels, looks at and removes layers of its own, until the power is cut. */
export class Caller {
  readonly #snapshotter: Snapshotter;
  readonly #journal: Journal;
  readonly #prefix: string;
  /** Committed layers and how many snapshots are based on each. */
  readonly #layers = new Map<string, { parent: string; children: number }>();
  #last = 0;

  /** @param prefix Of the names of all its snapshots. */
  constructor(snapshotter: Snapshotter, journal: Journal, prefix: string) {
    this.#snapshotter = snapshotter;
    this.#journal = journal;
    this.#prefix = prefix;
  }

  /** Goes on for ever. @throws what the first call that fails throws; it is in the journal as well. */
  async run(): Promise<never> {
    for (;;) {
      const name = await this.#makeLayer();
      if (randomInt(3) === 0) await this.#label(name);
      if (randomInt(3) === 0) await this.#look(name);
      while (this.#layers.size > keptLayers) await this.#removeOne();
    }
  }

  async #makeLayer(): Promise<string> {
    const [key, name] = [this.#name('active'), this.#name('layer')];
    const parent = pick(['', ...this.#layers.keys()]);
    const request = { key, ...(parent === '' ? {} : { parent }) };
    const prepare: Operation = { type: 'prepare', key, parent };
    const mounts = await this.#call(prepare, () => this.#snapshotter.prepare(request));
    const files = filesOf(mounts);
    // Some have no content: those are recorded before they are on disk.
    if (randomInt(4) === 0) chmodSync(files, pick([0o755, 0o750]));
    else fill(files);
    // Some stay active: their records must survive as well.
    if (randomInt(8) === 0) {
      this.#stands(parent);
      return this.#makeLayer();
    }
    const commit: Operation = { type: 'commit', key, name, digest: digestOf(files) };
    await this.#call(commit, () => this.#snapshotter.commit({ key, name }));
    this.#stands(parent);
    this.#layers.set(name, { parent, children: 0 });
    return name;
  }

  async #label(name: string): Promise<void> {
    const value = this.#name('value');
    const labels = new Map([[loadLabel, value]]);
    const update = () => this.#snapshotter.update({ name, labels, fieldpaths: [`labels.${loadLabel}`] });
    await this.#call({ type: 'label', name, value }, update);
  }

  async #look(parent: string): Promise<void> {
    const key = this.#name('view');
    await this.#call({ type: 'view', key, parent }, () => this.#snapshotter.view({ key, parent }));
    await this.#call({ type: 'remove', name: key }, () => this.#snapshotter.remove(key));
  }

  /** Removes a layer on which nothing is based; forgets one when there is none such. */
  async #removeOne(): Promise<void> {
    const free = [...this.#layers].filter(([, { children }]) => children === 0).map(([name]) => name);
    const name = free.length === 0 ? pick([...this.#layers.keys()]) : pick(free);
    const parent = this.#layers.get(name)?.parent ?? '';
    this.#layers.delete(name);
    if (free.length === 0) return;
    await this.#call({ type: 'remove', name }, () => this.#snapshotter.remove(name));
    const below = this.#layers.get(parent);
    if (below !== undefined) below.children -= 1;
  }

  #stands(parent: string): void {
    const below = this.#layers.get(parent);
    if (below !== undefined) below.children += 1;
  }

  #name(what: string): string {
    this.#last += 1;
    return `${this.#prefix}${what}-${this.#last}`;
  }

  /** Makes a call between two entries of the journal. */
  async #call<T>(operation: Operation, action: () => Promise<T>): Promise<T> {
    this.#journal.write({ step: 'will', operation });
    try {
      const result = await action();
      this.#journal.write({ step: 'did' });
      return result;
    } catch (error) {
      this.#journal.write({ step: 'failed', error: `${JSON.stringify(operation)}: ${String(error)}` });
      throw error;
    }
  }
}

/** Where the files of an active snapshot go: the source of its bind mount, or the upper directory of its overlay. */
export function filesOf([mount]: readonly Mount[]): string {
  if (mount === undefined) throw new Error('there is no mount');
  const upper = mount.options.find((option) => option.startsWith('upperdir='));
  return upper?.slice('upperdir='.length) ?? mount.source;
}

function pick<T>(choices: readonly T[]): T {
  const choice = choices[randomInt(choices.length)];
  if (choice === undefined) throw new Error('there is nothing to choose from');
  return choice;
}
