import type { FaultPoints } from '../../base/index.js';
import { type DataLossError, throwIfAborted } from '../../errors/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import type { CallContext } from '../api/types.js';
import type { Driver } from '../driver/driver.js';
import type { NamedRecord, SnapshotTree } from '../records/tree.js';
import type { BackgroundErrors } from './discards.js';
import { isCommitted } from './recorded-snapshots.js';
import { driverSnapshot } from './staging.js';

/** What a start found, and what it did about it. Counts, but for those that somebody has to look after. */
export interface RecoveryReport {
  /** Entries in the place of snapshots, and records. */
  readonly entries: number;
  readonly records: number;
  /** Files that no record speaks of: deleted, or kept since the records were restored from a backup. */
  readonly deleted: number;
  readonly kept: number;
  /** Active snapshots, views and layers without content whose directories had to be made again, empty. */
  readonly recreated: number;
  /** Records that cannot be read. Their files are left alone. */
  readonly unreadable: number;
  /** What could not be deleted or made again; each was reported. */
  readonly failed: number;
  /** Keys of committed snapshots whose files are gone. */
  readonly missing: readonly string[];
}

/** What the files and the records are compared with. */
export interface RecoveryOptions {
  readonly store: Store;
  readonly driver: Driver;
  readonly tree: SnapshotTree;
  readonly errors: BackgroundErrors;
  readonly faults: FaultPoints;
}

/** What an earlier process left. */
export interface FoundBefore {
  /** What lay in the place of snapshots. */
  readonly names: readonly string[];
  /** The first id of this process. */
  readonly firstNewId: number;
}

/** What a recovery gives. */
export interface RecoveryResult {
  readonly report: RecoveryReport;
  /** The ids of all committed snapshots that have files. */
  readonly committed: readonly string[];
}

interface Layers {
  readonly committed: string[];
  readonly missing: string[];
}

type Counts = { -readonly [K in Exclude<keyof RecoveryReport, 'missing'>]: number };

/** How many records or names are looked at before others have a turn on the event loop: about a millisecond's work. */
const pageSize = 64;

/** How many leftovers are deleted at a time. */
const strayBatch = 256;

/**
 * Compares the files with the records, and mends what a crash can leave. Nothing that is recorded is ever deleted.
 * Works in small steps, so that calls are answered meanwhile. One snapshot that cannot be mended does not keep the rest.
 */
export class Recovery {
  readonly #options: RecoveryOptions;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /**
   * Mends everything that an earlier process left.
   * @param found What lay in the place of snapshots before the first one of this process was made.
   */
  async run(found: FoundBefore, call: CallContext): Promise<RecoveryResult> {
    const { names } = found;
    const counts = { entries: names.length, records: 0, deleted: 0, kept: 0, recreated: 0, unreadable: 0, failed: 0 };
    const { committed, missing } = await this.#mendRecorded(found, counts, call);
    await this.#deleteStrays(names, counts, call);
    return { report: { ...counts, missing }, committed };
  }

  /**
   * Deletes those of the names that no record speaks of. None of them may be of a snapshot that is still being made.
   * Failures are reported.
   */
  async deleteStrays(names: readonly string[], call: CallContext): Promise<void> {
    await this.#deleteStrays(names, { deleted: 0, kept: 0, failed: 0 }, call);
  }

  async #deleteStrays(
    names: readonly string[],
    counts: Pick<Counts, 'deleted' | 'kept' | 'failed'>,
    call: CallContext,
  ): Promise<void> {
    const { store, faults } = this.#options;
    const strays: string[] = [];
    for (let start = 0; start < names.length; start += pageSize) {
      const page = names.slice(start, start + pageSize);
      strays.push(...store.read((tx) => page.filter((name) => !this.#isRecorded(tx, name))));
      await pause(call);
    }
    faults.reach('cleanup.found');
    if (store.restored) counts.kept += strays.length;
    else
      for (let start = 0; start < strays.length; start += strayBatch)
        await this.#discard(strays.slice(start, start + strayBatch), counts, call);
    faults.reach('cleanup.done');
  }

  async #discard(
    strays: readonly string[],
    counts: Pick<Counts, 'deleted' | 'failed'>,
    call: CallContext,
  ): Promise<void> {
    try {
      await this.#options.driver.discard(strays, call);
      counts.deleted += strays.length;
    } catch (error) {
      throwIfAborted(call.signal);
      counts.failed += 1;
      this.#options.errors.report('delete files that no record speaks of', error);
    }
  }

  /** Those of the names that are ids of committed snapshots. Takes some microseconds for each name. */
  committedAmong(names: readonly string[]): string[] {
    const { store } = this.#options;
    return store.read((tx) => names.filter((name) => this.#isCommitted(tx, name)));
  }

  #isCommitted(tx: ReadTransaction, name: string): boolean {
    const id = idOf(name);
    return id !== undefined && isCommitted(this.#options.tree, tx, id);
  }

  /** Whether a record speaks of it. Does not read that record, which may be damaged. */
  #isRecorded(tx: ReadTransaction, name: string): boolean {
    const id = idOf(name);
    return id !== undefined && this.#options.tree.hasId(tx, id);
  }

  /** Makes again what is missing of snapshots that can be written or viewed; tells which layers are gone. */
  async #mendRecorded(found: FoundBefore, counts: Counts, call: CallContext): Promise<Layers> {
    const names = new Set(found.names);
    const layers: Layers = { committed: [], missing: [] };
    for await (const { name, record } of this.#records(counts, call)) {
      if (record.id >= found.firstNewId) continue;
      counts.records += 1;
      if (record.kind !== 'committed') await this.#recreate({ name, record }, counts, call);
      else if (names.has(String(record.id))) layers.committed.push(String(record.id));
      else if (this.#isStill({ name, record })) layers.missing.push(name);
    }
    return layers;
  }

  async *#records(counts: Counts, call: CallContext): AsyncGenerator<NamedRecord> {
    const { store, tree } = this.#options;
    const onUnreadable = (error: DataLossError): void => {
      counts.unreadable += 1;
      this.#options.errors.report('read the record of a snapshot', error);
    };
    let after: string | undefined;
    for (;;) {
      const page = store.read((tx) => tree.walk(tx, { after, limit: pageSize, onUnreadable }));
      yield* page;
      if (page.length < pageSize) return;
      after = page.at(-1)?.name;
      await pause(call);
    }
  }

  /**
   * The record of a new snapshot is on disk when it was made; after a power cut its directories need not be. What was
   * written into them is lost then, as with every file that nobody synchronised, and they can be made again, empty.
   */
  async #recreate(snapshot: NamedRecord, counts: Counts, call: CallContext): Promise<void> {
    const { driver, errors } = this.#options;
    const id = String(snapshot.record.id);
    try {
      if ((await driver.recreate?.(driverSnapshot(snapshot.record), call)) !== true) return;
      if (this.#isStill(snapshot)) counts.recreated += 1;
      else await driver.discard([id], call);
    } catch (error) {
      throwIfAborted(call.signal);
      counts.failed += 1;
      errors.report(`make the missing directories of snapshot ${id} again`, error);
    }
  }

  /** Whether a snapshot was neither removed nor committed meanwhile. */
  #isStill({ name, record }: NamedRecord): boolean {
    const { store, tree } = this.#options;
    const now = store.read((tx) => tree.find(tx, name));
    return now?.id === record.id && now.kind === record.kind;
  }
}

/** What lies in the place of snapshots, or why that cannot be told. */
export interface FoundFiles {
  readonly names: readonly string[];
  readonly error: unknown;
}

/** Lists the place of snapshots. A place that cannot be read is no reason not to start: what can be served is served. */
export async function findFiles(driver: Driver): Promise<FoundFiles> {
  try {
    return { names: await namesOnDisk(driver), error: undefined };
  } catch (error) {
    return { names: [], error };
  }
}

/** The names of everything that lies in the place of snapshots. */
export async function namesOnDisk(driver: Driver): Promise<string[]> {
  const names: string[] = [];
  for await (const name of driver.ids()) names.push(name);
  return names;
}

/** The id that a name is; undefined when it is none. */
export function idOf(name: string): number | undefined {
  const id = Number(name);
  return String(id) === name && Number.isSafeInteger(id) && id >= 0 ? id : undefined;
}

/** Lets others have a turn. */
async function pause({ signal }: CallContext): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
}
