import { type FaultPoints, noFaults } from '../../base/index.js';
import { type Store, statement } from '../../store/index.js';

/** How many ids one durable write reserves. A restart skips the rest of a block. */
const blockSize = 4096;

const reserve = statement<{ reserved: number }>(
  'UPDATE snapshot_ids SET reserved = max(reserved, ?) + ? RETURNING reserved',
);

/** Whose ids are given out. */
export interface IdAllocatorOptions {
  readonly store: Store;
  readonly faults?: FaultPoints | undefined;
  /** Every id up to this one is in use, whatever the store says. Default 0. */
  readonly above?: number;
}

/**
 * Gives out ids for files: ascending, and none twice, even after a crash. All snapshotters of a store share them.
 *
 * An id is given out before its record exists, so the records cannot tell which ids are used up. Instead a high-water
 * mark is moved ahead durably, a block at a time, and only ids of that block are given out; after a restart the next id
 * lies behind the mark, and behind every id that has files: records that were restored from a backup have an older mark.
 * The next block is reserved while the last one is still half full, so callers do not wait.
 */
export class IdAllocator {
  readonly #store: Store;
  readonly #faults: FaultPoints;
  /** Reserved ids that were not given out, as first and last of each block. */
  readonly #blocks: { next: number; readonly last: number }[] = [];
  /** The first id that is given out; all files with lower ones are of earlier processes. */
  readonly firstId: number;
  #reserving: Promise<void> | undefined;

  private constructor({ store, faults = noFaults }: IdAllocatorOptions, last: number) {
    this.#store = store;
    this.#faults = faults;
    this.firstId = this.#add(last);
  }

  /** Reserves the first block. Costs one durable write. */
  static async open(options: IdAllocatorOptions): Promise<IdAllocator> {
    const last = await reserveBlock(options, options.above ?? 0);
    return new IdAllocator(options, last);
  }

  /** The next id. Waits for the disk only when ids are used up faster than blocks are reserved. */
  async next(): Promise<number> {
    for (;;) {
      const block = this.#blocks[0];
      if (block !== undefined) return this.#take(block);
      await this.#reserve();
    }
  }

  #take(block: { next: number; readonly last: number }): number {
    const id = block.next++;
    if (id === block.last) this.#blocks.shift();
    const isLow = this.#blocks.length < 2 && (block.last - id) * 2 < blockSize;
    // A failure shows up again, and is thrown, when the ids are really used up.
    if (isLow) this.#reserve().catch(() => undefined);
    return id;
  }

  #reserve(): Promise<void> {
    this.#reserving ??= this.#extend().finally(() => {
      this.#reserving = undefined;
    });
    return this.#reserving;
  }

  async #extend(): Promise<void> {
    this.#add(await reserveBlock({ store: this.#store, faults: this.#faults }, 0));
  }

  #add(last: number): number {
    const next = last - blockSize + 1;
    this.#blocks.push({ next, last });
    return next;
  }
}

async function reserveBlock({ store, faults = noFaults }: IdAllocatorOptions, above: number): Promise<number> {
  const last = await store.write((tx) => tx.get(reserve, above, blockSize)?.reserved ?? 0);
  faults.reach('ids.reserved');
  return last;
}
