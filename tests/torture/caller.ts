/** One of many callers: makes calls, one after the other, on snapshots that are its own, and notes what came of each. */
import assert from 'node:assert/strict';
import {
  AlreadyExistsError,
  CanceledError,
  FailedPreconditionError,
  type Info,
  type Mount,
  type Snapshotter,
  UnavailableError,
} from '../../src/index.js';
import type { Random } from '../support/random.js';
import type { TorturedBackEnd } from './back-ends/index.js';
import { type Entry, type Ledger, type Pending, shownBy } from './ledger.js';

/** The daemon is gone, so nobody can tell what became of the call. */
export class DaemonDied extends Error {}

/** What a caller works with. */
export interface CallerOptions {
  readonly name: string;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly snapshotter: Snapshotter;
  readonly backEnd: TorturedBackEnd;
  /** Where its files lie. */
  readonly root: string;
  /** Names that every caller tries to commit under. */
  readonly contested: readonly string[];
  /** Draws a key that was never used. */
  readonly freshKey: () => string;
}

/** The label that limits a snapshot. */
export const limitLabel = 'containerd.io/snapshot/max-size';

const ownerLabel = 'owner';

/** The names of committed snapshots that all callers use as parents and none removes. */
export const bases = ['base-0', 'base-1', 'base-2'] as const;

/** See the head of this file. */
export class Caller {
  readonly #options: CallerOptions;
  /** Keys of calls that were given up: nobody knows yet whether they are there. */
  readonly #unknown = new Set<string>();
  /** Calls that were answered. */
  answered = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** Calls until the daemon dies. @throws Error when an answer is not as it must be. */
  async run(): Promise<void> {
    try {
      for (;;) {
        await this.#step();
        this.answered++;
      }
    } catch (error) {
      if (!(error instanceof DaemonDied)) throw error;
    }
  }

  async #step(): Promise<void> {
    const { random, backEnd } = this.#options;
    const mine = this.#mine();
    const room = mine.length < backEnd.enough;
    const steps: readonly (readonly [weight: number, step: () => Promise<void>])[] = [
      [room ? 6 : 1, () => this.#create('prepare')],
      [room ? 2 : 1, () => this.#create('view')],
      [1, () => this.#duel()],
      [1, () => this.#giveUp()],
      [5, () => this.#commit(this.#options.freshKey())],
      [1, () => this.#commit(random.pick(this.#options.contested))],
      [room ? 3 : 12, () => this.#remove()],
      [3, () => this.#update()],
      [backEnd.limits === undefined ? 0 : 2, () => this.#limit(backEnd.limits ?? [])],
      [6, () => this.#write()],
      [3, () => this.#look()],
      [1, () => this.#list()],
      [0.1, () => this.#on(this.#options.snapshotter.cleanup())],
    ];
    let at = random.next() * steps.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, step] of steps) {
      at -= weight;
      if (at < 0) return step();
    }
  }

  /** What this caller has, without what it does not know about. */
  #mine(): [name: string, entry: Entry][] {
    const { ledger, name: owner } = this.#options;
    return [...ledger.entries].filter(([, { labels }]) => labels.get(ownerLabel) === owner);
  }

  #active(): [name: string, entry: Entry] | undefined {
    const found = this.#mine().filter(([, { kind }]) => kind === 'active');
    return found.length === 0 ? undefined : this.#options.random.pick(found);
  }

  #newEntry(kind: Entry['kind'], parent: string): Entry {
    const labels = new Map([
      [ownerLabel, this.#options.name],
      ['rev', '0'],
    ]);
    const over = this.#options.ledger.entries.get(parent);
    const below = over === undefined ? new Map() : shownBy(over);
    return { kind, parent, labels, files: new Map(), below, id: undefined };
  }

  #parent(): string {
    const { random } = this.#options;
    const own = this.#mine().flatMap(([name, { kind }]) => (kind === 'committed' ? [name] : []));
    return random.pick([...bases, ...own]);
  }

  async #create(method: 'prepare' | 'view'): Promise<void> {
    const { ledger, random, snapshotter, freshKey } = this.#options;
    const key = freshKey();
    const parent = method === 'prepare' && random.chance(0.2) ? '' : this.#parent();
    const entry = this.#newEntry(method === 'prepare' ? 'active' : 'view', parent);
    const pending = creation(key, entry);
    ledger.begin(pending);
    const mounts = await this.#on(snapshotter[method]({ key, parent, labels: entry.labels }));
    ledger.acknowledged(pending);
    this.#locate(key, entry, mounts);
  }

  /** Two calls for one key at the same moment: one of them gets it. */
  async #duel(): Promise<void> {
    const { ledger, snapshotter, freshKey } = this.#options;
    const key = freshKey();
    const parent = this.#parent();
    const entry = this.#newEntry('active', parent);
    const pending = creation(key, entry);
    ledger.begin(pending);
    const one = () => this.#on(snapshotter.prepare({ key, parent, labels: entry.labels }));
    const outcomes = await Promise.allSettled([one(), one()]);
    const mounts = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const [first] = mounts;
    if (first !== undefined) {
      ledger.acknowledged(pending);
      this.#locate(key, entry, first);
    }
    assert.ok(mounts.length <= 1, `${key} was given to two callers`);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected' && !(outcome.reason instanceof AlreadyExistsError)) throw outcome.reason;
    }
    assert.equal(mounts.length, 1, `${key} was refused to both callers`);
  }

  /** A call that is given up soon; whether it happened shows when the daemon is there again. */
  async #giveUp(): Promise<void> {
    const { ledger, random, snapshotter, freshKey } = this.#options;
    const key = freshKey();
    const entry = this.#newEntry('active', this.#parent());
    const pending = creation(key, entry);
    const abort = new AbortController();
    ledger.begin(pending);
    const timer = setTimeout(() => abort.abort(), random.below(4));
    try {
      const { parent, labels } = entry;
      const mounts = await this.#on(snapshotter.prepare({ key, parent, labels }, { signal: abort.signal }));
      ledger.acknowledged(pending);
      this.#locate(key, entry, mounts);
    } catch (error) {
      if (!(error instanceof CanceledError)) throw error;
      this.#unknown.add(key);
    } finally {
      clearTimeout(timer);
    }
  }

  async #commit(name: string): Promise<void> {
    const { ledger, snapshotter } = this.#options;
    const found = this.#active();
    if (found === undefined) return;
    const [key, entry] = found;
    const committed: Entry = { ...entry, kind: 'committed', labels: new Map([...entry.labels, ['rev', 'c']]) };
    const pending = {
      what: `commit ${key} as ${name}`,
      change: { gone: key, here: [name, committed] },
      happened: (there: ReadonlyMap<string, Info>) => !there.has(key),
    } as const;
    ledger.begin(pending);
    try {
      await this.#on(snapshotter.commit({ key, name, labels: committed.labels }));
      ledger.acknowledged(pending);
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      assert.ok(this.#options.contested.includes(name), `${name} was free, and refused`);
      ledger.failed(pending);
    }
  }

  async #remove(): Promise<void> {
    const { ledger, random, snapshotter, contested } = this.#options;
    const mine = this.#mine();
    // A name that others wait for would be theirs before this caller knows that it is gone.
    const removable = mine.filter(([name]) => !contested.includes(name));
    if (removable.length === 0) return;
    const [key] = random.pick(removable);
    const parents = new Set(mine.map(([, { parent }]) => parent));
    const pending = {
      what: `remove ${key}`,
      change: { gone: key },
      happened: (there: ReadonlyMap<string, Info>) => !there.has(key),
    };
    ledger.begin(pending);
    try {
      await this.#on(snapshotter.remove(key));
      assert.ok(!parents.has(key), `${key} has children, and was removed`);
      ledger.acknowledged(pending);
    } catch (error) {
      if (!(error instanceof FailedPreconditionError)) throw error;
      ledger.failed(pending);
      // A cancelled snapshot may be based on it, unseen.
      assert.ok(parents.has(key) || this.#unknown.size > 0, `${key} has no children, and was not removed: ${error}`);
    }
  }

  async #update(): Promise<void> {
    const { ledger, random, snapshotter } = this.#options;
    const mine = this.#mine();
    if (mine.length === 0) return;
    const [name, entry] = random.pick(mine);
    const rev = String(random.below(1_000_000));
    const labels = new Map([...entry.labels, ['rev', rev]]);
    const pending = {
      what: `update ${name}`,
      change: { here: [name, { ...entry, labels }] },
      happened: (there: ReadonlyMap<string, Info>) => there.get(name)?.labels.get('rev') === rev,
    } as const;
    ledger.begin(pending);
    const fieldpaths = random.chance(0.5) ? ['labels.rev'] : ['labels'];
    const info = await this.#on(snapshotter.update({ name, labels, fieldpaths }));
    ledger.acknowledged(pending);
    assert.equal(info.labels.get('rev'), rev);
  }

  /** Sets a limit on a snapshot that may be in use, or changes it. */
  async #limit(limits: readonly number[]): Promise<void> {
    const { ledger, random, snapshotter } = this.#options;
    const [name, entry] = this.#active() ?? [];
    if (name === undefined || entry === undefined) return;
    const limit = String(random.pick(limits));
    const labels = new Map([...entry.labels, [limitLabel, limit]]);
    const pending = {
      what: `limit ${name} to ${limit}`,
      change: { here: [name, { ...entry, labels }] },
      happened: (there: ReadonlyMap<string, Info>) => there.get(name)?.labels.get(limitLabel) === limit,
    } as const;
    ledger.begin(pending);
    await this.#on(snapshotter.update({ name, labels, fieldpaths: [`labels.${limitLabel}`] }));
    ledger.acknowledged(pending);
  }

  /** Notes where the files of a new snapshot are, if it has any. */
  #locate(name: string, { kind, parent }: Entry, mounts: readonly Mount[]): void {
    const { ledger, backEnd } = this.#options;
    const id = kind === 'active' || parent === '' ? backEnd.idOf(mounts) : undefined;
    assert.ok(id !== undefined || kind !== 'active', `the mounts of ${name} tell no id`);
    if (id !== undefined) ledger.located(name, id);
  }

  /** Writes as a container would: to where the mounts lead. */
  async #write(): Promise<void> {
    const { ledger, random, backEnd, root } = this.#options;
    const [key, entry] = this.#active() ?? [];
    if (key === undefined || entry?.id === undefined) return;
    const name = `f${random.below(5)}`;
    const content = `${key} ${random.next()} ${'x'.repeat(random.below(3000))}`;
    await backEnd.write(root, { ...entry, id: entry.id }, { name, content });
    ledger.wrote(key, name, content);
  }

  /** Asks for one snapshot by all means; every answer is known. */
  async #look(): Promise<void> {
    const { random, snapshotter, backEnd } = this.#options;
    const mine = this.#mine();
    if (mine.length === 0) return;
    const [name, entry] = random.pick(mine);
    const info = await this.#on(snapshotter.stat(name));
    assert.deepEqual(
      [info.kind, info.parent, info.labels.get('rev')],
      [entry.kind, entry.parent, entry.labels.get('rev')],
    );
    const usage = await this.#on(snapshotter.usage(name));
    assert.equal(usage.inodes, backEnd.inodes(entry), `inodes of ${name}`);
    if (entry.kind === 'committed') return;
    const mounts = await this.#on(snapshotter.mounts(name));
    if (entry.kind === 'active') assert.equal(backEnd.idOf(mounts), entry.id);
  }

  async #list(): Promise<void> {
    const { snapshotter, name: owner } = this.#options;
    const names = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const { name } of snapshotter.walk({ filters: [`labels.${ownerLabel}==${owner}`] })) found.push(name);
      return found;
    };
    const seen = (await this.#on(names())).filter((name) => !this.#unknown.has(name)).sort();
    assert.deepEqual(
      seen,
      this.#mine()
        .map(([name]) => name)
        .sort(),
    );
  }

  /** The answer of a call; the daemon's death in place of what a client makes of it. */
  async #on<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw error instanceof UnavailableError ? new DaemonDied(error.message, { cause: error }) : error;
    }
  }
}

function creation(key: string, entry: Entry): Pending {
  return { what: `create ${key}`, change: { here: [key, entry] }, happened: (there) => there.has(key) };
}
