import { setImmediate as nextTurn } from 'node:timers/promises';
import { SerialQueue } from '../../base/index.js';
import { NotFoundError, throwIfAborted } from '../../errors/index.js';
import { type Store, statement } from '../../store/index.js';
import type { CollectedSnapshot, Collection } from '../api/collection.js';
import type { KeptBy } from '../api/kept.js';
import { nowMicroseconds } from '../api/time.js';
import type { LocalSnapshotter } from '../engine/local-snapshotter.js';
import { deleteExpiredLeases, hasCandidates, isKept, nextExpiry, unkeptSnapshots } from './keepers.js';
import { whyKept } from './why.js';

/** What a collector needs. */
export interface CollectorOptions {
  readonly store: Store;
  /** The back ends that run, by name. */
  readonly snapshotters: ReadonlyMap<string, LocalSnapshotter>;
  /** Told of each snapshot that is gone, one after the other. Must not reject. */
  readonly collected?: (snapshot: CollectedSnapshot) => Promise<void>;
  /** Seconds since 1970. Default: the time of day. */
  readonly now?: () => number;
}

/** How a collection is run. */
export interface CollectOptions {
  /** Only finds out what would go. Default: false. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** So many are found at once, and so many removed in one transaction, in which every other caller's change waits. */
const foundAtOnce = 10_000;
const removedAtOnce = 16;

const rowsOf = statement<CollectedSnapshot & { id: number }>(`
  SELECT id, snapshotter, namespace, key, kind FROM snapshots WHERE id IN (SELECT value FROM json_each(?))`);
const idOf = statement<{ id: number }>('SELECT id FROM snapshots WHERE snapshotter = ? AND namespace = ? AND key = ?');
const countExpired = statement<{ count: number }>(`
  SELECT count(*) AS count FROM lease_labels
  WHERE key = 'containerd.io/gc.expire' AND unixepoch(value, 'subsec') <= ?`);

/**
 * Collects the snapshots that nothing keeps: what was made under a lease and is under none any more, and what has expired.
 * What nothing keeps is found in a thread of its own; then it is removed a few at a time, each asked about again in the
 * transaction that removes it. So no caller waits for a collection, and what becomes kept meanwhile stays.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #now: () => number;
  readonly #queue = new SerialQueue();

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => nowMicroseconds() / 1e6);
  }

  /**
   * One collection; a call during another waits for that and then runs its own. When it resolves, the records are gone
   * from disk; files follow in the background.
   * @throws CanceledError or DeadlineExceededError when the signal is aborted: what is gone by then stays gone. As the store, when
   * it is damaged, full or closed.
   */
  collect({ dryRun = false, signal }: CollectOptions = {}): Promise<Collection> {
    return this.#queue.run('', async () => {
      const start = performance.now();
      const leases = await this.#expireLeases(dryRun);
      const found = dryRun ? await this.#find(signal) : await this.#sweep(signal);
      return { ...found, leases, milliseconds: performance.now() - start };
    });
  }

  /**
   * What keeps a snapshot: nothing, when the next collection takes it.
   * @throws NotFoundError when there is none.
   */
  whyKept({ snapshotter, namespace, key }: Omit<CollectedSnapshot, 'kind'>): KeptBy[] {
    const now = this.#now();
    return this.#options.store.read((tx) => {
      const found = tx.get(idOf, snapshotter, namespace, key);
      if (found === undefined) throw new NotFoundError(`snapshot ${key} does not exist`);
      return whyKept(tx, found.id, now);
    });
  }

  /** Milliseconds until the next lease or snapshot expires; undefined when none does. */
  nextExpiry(): number | undefined {
    const now = this.#now();
    const next = this.#options.store.read((tx) => tx.get(nextExpiry, now)?.next ?? undefined);
    return next === undefined ? undefined : (next - now) * 1000;
  }

  async #expireLeases(dryRun: boolean): Promise<number> {
    const { store } = this.#options;
    const now = this.#now();
    const expired = store.read((tx) => tx.get(countExpired, now)?.count ?? 0);
    if (dryRun || expired === 0) return expired;
    return store.write((tx) => tx.run(deleteExpiredLeases, now), { frees: true });
  }

  /** Everything that nothing keeps now. */
  async #find(signal: AbortSignal | undefined): Promise<Pick<Collection, 'snapshots' | 'skipped'>> {
    const rows = this.#rows(await this.#unkept(-1, signal));
    const runs = ({ snapshotter }: CollectedSnapshot) => this.#options.snapshotters.has(snapshotter);
    return { snapshots: rows.filter(runs), skipped: rows.filter((row) => !runs(row)) };
  }

  /** The ids of so many that nothing keeps, those on top of others first; of all of them for -1. */
  async #unkept(limit: number, signal: AbortSignal | undefined): Promise<number[]> {
    const { store } = this.#options;
    throwIfAborted(signal);
    if (store.read((tx) => tx.get(hasCandidates)?.found) !== 1) return [];
    return (await store.query(unkeptSnapshots, [this.#now(), limit], signal)).map(({ id }) => id);
  }

  async #sweep(signal: AbortSignal | undefined): Promise<Pick<Collection, 'snapshots' | 'skipped'>> {
    const snapshots: CollectedSnapshot[] = [];
    for (;;) {
      const unkept = await this.#unkept(foundAtOnce, signal);
      const before = snapshots.length;
      const skipped: CollectedSnapshot[] = [];
      for (let first = 0; first < unkept.length; first += removedAtOnce) {
        throwIfAborted(signal);
        const rows = this.#rows(unkept.slice(first, first + removedAtOnce));
        for (const [name, ids] of byBackEnd(rows)) {
          const snapshotter = this.#options.snapshotters.get(name);
          if (snapshotter === undefined) skipped.push(...rows.filter((row) => row.snapshotter === name));
          else snapshots.push(...(await this.#remove(name, snapshotter, ids)));
        }
        await nextTurn();
      }
      if (unkept.length < foundAtOnce || snapshots.length === before) return { snapshots, skipped };
    }
  }

  async #remove(
    snapshotter: string,
    backEnd: LocalSnapshotter,
    ids: readonly number[],
  ): Promise<readonly CollectedSnapshot[]> {
    const now = this.#now();
    const records = await backEnd.collect(ids, (tx, id) => !isKept(tx, id, now));
    const collected = records.map(({ namespace, key, kind }) => ({ snapshotter, namespace, key, kind }));
    for (const snapshot of collected) await this.#options.collected?.(snapshot);
    return collected;
  }

  /** In the order of the ids. */
  #rows(ids: readonly number[]): (CollectedSnapshot & { readonly id: number })[] {
    const rows = this.#options.store.read((tx) => tx.all(rowsOf, JSON.stringify(ids)));
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }
}

function byBackEnd(rows: readonly (CollectedSnapshot & { readonly id: number })[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { snapshotter, id } of rows) {
    const ids = groups.get(snapshotter);
    if (ids === undefined) groups.set(snapshotter, [id]);
    else ids.push(id);
  }
  return groups;
}
