import type { FaultPoints } from '../../base/index.js';
import { throwIfAborted } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import type { CallContext } from '../api/types.js';
import type { Driver } from '../driver/driver.js';
import type { SnapshotRecord } from '../records/record.js';
import type { SnapshotRecords } from '../records/snapshot-records.js';
import type { BackgroundErrors } from './background-errors.js';
import { driverSnapshot } from './driver-snapshot.js';
import { idOf } from './found-files.js';

/** What a start found and did, as counts; the names of layers without files, since somebody has to act on those. */
export interface RecoveryReport {
  /** Entries in the snapshots directory, and records. */
  readonly entries: number;
  readonly records: number;
  /** Files without a record: deleted, or kept since the records were restored from a backup. */
  readonly deleted: number;
  readonly kept: number;
  /** Active snapshots and views whose directories had to be made again, empty. */
  readonly recreated: number;
  /** What could not be deleted, which is tried again later, or made again; each was reported. */
  readonly failed: number;
  /** Names of committed snapshots whose files are gone. */
  readonly missing: readonly string[];
}

/** What deletes files without a record. */
export interface StrayRemover {
  /** Failures are reported, and kept for later. @returns how many of the ids could not be deleted. */
  deleteNow(ids: readonly string[], call: CallContext): Promise<number>;
}

/** What the files and the records are compared with. */
export interface RecoveryOptions {
  readonly store: Store;
  readonly driver: Driver;
  readonly records: SnapshotRecords;
  readonly errors: BackgroundErrors;
  readonly faults: FaultPoints;
}

/** What an earlier process left. */
export interface FoundBefore {
  /** What lay in the snapshots directory. */
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

/** How many records or names are compared before calls have a turn on the event loop: about a millisecond's work. */
const pageSize = 64;

/** How many leftovers are deleted at a time. */
const strayBatch = 256;

/**
 * Compares the files with the records, and repairs what a crash can leave. Nothing that is recorded is ever deleted.
 * Works in small steps, so that calls are answered meanwhile. A snapshot that cannot be repaired does not stop it.
 */
export class Recovery {
  readonly #options: RecoveryOptions & { readonly discards: StrayRemover };

  constructor(options: RecoveryOptions & { readonly discards: StrayRemover }) {
    this.#options = options;
  }

  /**
   * Repairs everything that an earlier process left.
   * @param found What lay in the snapshots directory before the first snapshot of this process was made.
   */
  async run(found: FoundBefore, call: CallContext): Promise<RecoveryResult> {
    const { names } = found;
    const counts = { entries: names.length, records: 0, deleted: 0, kept: 0, recreated: 0, failed: 0 };
    const { committed, missing } = await this.#repairRecorded(found, counts, call);
    await this.#deleteStrays(names, counts, call);
    return { report: { ...counts, missing }, committed };
  }

  /**
   * Deletes those of the names that have no record. None of them may be of a snapshot that is still being made.
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
    const { store, records, faults } = this.#options;
    const strays: string[] = [];
    for (let start = 0; start < names.length; start += pageSize) {
      const page = names.slice(start, start + pageSize);
      strays.push(...store.read((tx) => page.filter((name) => records.kindOfId(tx, idOf(name) ?? noId) === undefined)));
      await pause(call);
    }
    faults.reach('cleanup.found');
    if (store.restored) {
      counts.kept += strays.length;
    } else {
      for (let start = 0; start < strays.length; start += strayBatch) {
        await this.#discard(strays.slice(start, start + strayBatch), counts, call);
      }
    }
    faults.reach('cleanup.done');
  }

  async #discard(
    strays: readonly string[],
    counts: Pick<Counts, 'deleted' | 'failed'>,
    call: CallContext,
  ): Promise<void> {
    const failed = await this.#options.discards.deleteNow(strays, call);
    counts.deleted += strays.length - failed;
    counts.failed += failed;
  }

  /** Those of the names that are ids of committed snapshots. Takes some microseconds for each name. */
  committedAmong(names: readonly string[]): string[] {
    const { store, records } = this.#options;
    return store.read((tx) => names.filter((name) => records.kindOfId(tx, idOf(name) ?? noId) === 'committed'));
  }

  /** Makes again what is missing of snapshots that can be written or viewed; tells which layers are gone. */
  async #repairRecorded({ names, firstNewId }: FoundBefore, counts: Counts, call: CallContext): Promise<Layers> {
    const present = new Set(names);
    const layers: Layers = { committed: [], missing: [] };
    for await (const record of this.#recordsBelow(firstNewId, call)) {
      counts.records += 1;
      if (record.kind !== 'committed') await this.#recreate(record, counts, call);
      else if (present.has(String(record.id))) layers.committed.push(String(record.id));
      else if (this.#isStill(record)) layers.missing.push(record.key);
    }
    return layers;
  }

  async *#recordsBelow(end: number, call: CallContext): AsyncGenerator<SnapshotRecord> {
    const { store, records } = this.#options;
    let after = 0;
    for (;;) {
      const page = store.read((tx) => records.pageById(tx, after, pageSize));
      yield* page.filter(({ id }) => id < end);
      after = page.at(-1)?.id ?? end;
      if (page.length < pageSize || after >= end) return;
      await pause(call);
    }
  }

  /**
   * The record of a new snapshot is on disk; after a power cut its directories need not be. What was written into them is
   * lost then, as with every file that nobody synchronised, and they are created again, empty.
   */
  async #recreate(record: SnapshotRecord, counts: Counts, call: CallContext): Promise<void> {
    const { driver, errors, discards } = this.#options;
    try {
      if ((await driver.recreate?.(driverSnapshot(record), call)) !== true) return;
      if (this.#isStill(record)) counts.recreated += 1;
      else await discards.deleteNow([String(record.id)], call);
    } catch (error) {
      throwIfAborted(call.signal);
      counts.failed += 1;
      errors.report(`make the missing directories of snapshot ${record.id} again`, error);
    }
  }

  /** Whether a snapshot was neither removed nor committed meanwhile. */
  #isStill({ id, kind }: SnapshotRecord): boolean {
    const { store, records } = this.#options;
    return store.read((tx) => records.kindOfId(tx, id)) === kind;
  }
}

/** No snapshot has it. */
const noId = -1;

/** Gives calls a turn. */
async function pause({ signal }: CallContext): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
}
