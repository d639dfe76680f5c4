import { type FaultPoints, noFaults } from '../../base/index.js';
import type { Store } from '../../store/index.js';
import { reservedIdsTable } from '../records/tables.js';

/** How many ids one durable write reserves. A restart forgets what is left of a block. */
const blockSize = 4096;

/** Whose ids are given out. */
export interface IdAllocatorOptions {
  readonly store: Store;
  readonly snapshotter: string;
  readonly faults?: FaultPoints | undefined;
  /** Every id up to this one is in use, whatever the store says. Default 0. */
  readonly above?: number;
}

/**
 * Gives out the ids of a snapshotter's files: ascending, and never one twice, also after a crash.
 *
 * An id is given out before its record exists, so the records cannot tell which ids are used up. Instead a high-water
 * mark is moved ahead durably, a block at a time, and only ids below it are given out; after a restart the next id is
 * the one behind the mark, and behind every id that there are files of: records that were restored from a backup have an
 * older mark. The next block is reserved while the last one is still half full, so callers do not wait.
 */
export class IdAllocator {
  readonly #store: Store;
  readonly #snapshotter: string;
  readonly #faults: FaultPoints;
  /** The first id that is given out; all files with lower ones are of earlier processes. */
  readonly firstId: number;
  #next: number;
  #end: number;
  #reserving: Promise<void> | undefined;

  private constructor({ store, snapshotter, faults = noFaults, above = 0 }: IdAllocatorOptions) {
    this.#store = store;
    this.#snapshotter = snapshotter;
    this.#faults = faults;
    const reserved = store.read((tx) => tx.get(reservedIdsTable, [snapshotter])) ?? 0;
    this.#next = Math.max(reserved, above) + 1;
    this.#end = this.#next;
    this.firstId = this.#next;
  }

  /** Reads the mark and reserves the first block. */
  static async open(options: IdAllocatorOptions): Promise<IdAllocator> {
    const ids = new IdAllocator(options);
    await ids.#reserve();
    return ids;
  }

  /** The next id. Waits for the disk only when ids are used up faster than blocks are reserved. */
  async next(): Promise<number> {
    while (this.#next >= this.#end) await this.#reserve();
    const id = this.#next++;
    // A failure shows up again, and is thrown, when the ids are really used up.
    if (this.#end - this.#next < blockSize / 2) this.#reserve().catch(() => undefined);
    return id;
  }

  #reserve(): Promise<void> {
    this.#reserving ??= this.#extend().finally(() => {
      this.#reserving = undefined;
    });
    return this.#reserving;
  }

  async #extend(): Promise<void> {
    const end = this.#end + blockSize;
    await this.#store.write((tx) => tx.put(reservedIdsTable, [this.#snapshotter], end - 1));
    this.#faults.reach('ids.reserved');
    this.#end = end;
  }
}
