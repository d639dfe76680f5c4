/**
 * Flat chains: the layers of a deep chain are merged into one directory, in the background, and new snapshots are based on
 * that instead of the layers.
 *
 *     <root>/flat/<top>-<since>/    what the layer `top` and all below it show together; for snapshots whose id is
 *                                   larger than `since`
 *     <root>/flat/new-<top>/        one that is being made
 *
 * The chain below a committed snapshot never changes, so its id says what the directory holds, and the name is the only
 * record: it appears in one rename when everything is on disk. The directory lives as long as its topmost layer, and
 * that as long as anything is based on it.
 */
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type FaultPoints, noFaults } from '../../base/index.js';
import { GroupSync } from '../../linux/index.js';
import type { DriverSnapshot } from '../../snapshots/index.js';
import { flattenLayers, removeTrees } from '../../trees/index.js';
import { ensureDirectory } from '../kit/directories.js';
import { filesDirectory, MODES, snapshotDirectory, snapshotsDirectory } from './files.js';

/** What overlay takes at most (fs/overlayfs/overlayfs.h, OVL_MAX_STACK). */
const MOST_LAYERS = 500;

const NAME = /^(\d+)-(\d+)$/;

/** How flat layers are made. */
export interface FlatLayersOptions {
  readonly root: string;
  /** A chain with more layers than this is made flat; 0 for none. */
  readonly depth: number;
  /** Whether one is on disk before it is used. */
  readonly durable: boolean;
  /** Where overlay keeps its attributes. */
  readonly space: 'trusted' | 'user';
  /** Told about chains that could not be made flat. They stay as they are. */
  readonly onError: (error: unknown) => void;
  /** Told when one is made, gets its name and is deleted. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** One that is ready. */
interface Flat {
  readonly name: string;
  readonly since: number;
}

/** One that is being made. */
interface Making {
  /** The ids of its layers, topmost first. */
  readonly ids: ReadonlySet<string>;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** See the head of this file. */
export class FlatLayers {
  readonly #options: FlatLayersOptions;
  readonly #directory: string;
  readonly #faults: FaultPoints;
  readonly #flats = new Map<string, Flat>();
  /** Topmost layers of chains that could not be made flat; not tried again before the next start. */
  readonly #refused = new Set<string>();
  /** The largest id that a snapshot was made with. */
  #newest = 0;
  #making: Making | undefined;
  readonly #adopted: Promise<void>;
  #closed = false;

  /** Finds those that are ready; deletes, in the background, what a crash left half made. */
  constructor(options: FlatLayersOptions) {
    this.#options = options;
    this.#directory = `${options.root}/flat`;
    this.#faults = options.faults ?? noFaults;
    ensureDirectory(this.#directory, MODES.root);
    this.#adopted = this.#adopt();
  }

  /** Never rejects. Finding is synchronous, deleting is not. */
  async #adopt(): Promise<void> {
    try {
      const { root } = this.#options;
      const strays: string[] = [];
      for (const name of readdirSync(this.#directory)) {
        const [, top = '', since] = NAME.exec(name) ?? [];
        if (top !== '' && existsSync(snapshotDirectory(root, top)))
          this.#flats.set(top, { name, since: Number(since) });
        else strays.push(name);
      }
      await removeTrees(this.#directory, strays);
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** What a snapshot is based on, nearest first: layers, and at the end one that is flat when there is one. */
  lowers({ id, parentIds }: Pick<DriverSnapshot, 'id' | 'parentIds'>): readonly string[] {
    const { root } = this.#options;
    // A snapshot from before keeps its layers, so that a second mount shows the same as the first, unless they are too many
    // to be mounted at all.
    const isOld = ({ since }: Flat) => Number(id) <= since && parentIds.length <= MOST_LAYERS;
    const index = parentIds.findIndex((parent) => {
      const flat = this.#flats.get(parent);
      return flat !== undefined && !isOld(flat);
    });
    const layers = (index < 0 ? parentIds : parentIds.slice(0, index)).map((parent) => filesDirectory(root, parent));
    const flat = index < 0 ? undefined : this.#flats.get(parentIds[index] ?? '');
    return flat === undefined ? layers : [...layers, `${this.#directory}/${flat.name}`];
  }

  /** To be called for each new snapshot: begins to make its chain flat when that is too deep. Returns at once. */
  consider(snapshot: Pick<DriverSnapshot, 'id' | 'parentIds'>): void {
    this.#newest = Math.max(this.#newest, Number(snapshot.id));
    const { depth } = this.#options;
    if (depth === 0 || this.#closed || this.#making !== undefined || snapshot.parentIds.length <= depth) return;
    const lowers = this.lowers(snapshot);
    const [top] = snapshot.parentIds;
    if (top === undefined || lowers.length <= depth || snapshot.parentIds.some((id) => this.#refused.has(id))) return;
    const abort = new AbortController();
    const done = this.#make(top, lowers, abort.signal).finally(() => {
      this.#making = undefined;
    });
    this.#making = { ids: new Set(snapshot.parentIds), abort, done };
  }

  /** Never rejects. */
  async #make(top: string, layers: readonly string[], signal: AbortSignal): Promise<void> {
    const { root, durable, space, onError } = this.#options;
    const part = `${this.#directory}/new-${top}`;
    try {
      await this.#adopted;
      await flattenLayers({ layers, to: part, space, signal });
      this.#faults.reach('flat.merged');
      if (durable) await new GroupSync(root).sync();
      this.#publish(top, part);
      this.#faults.reach('flat.named');
      if (durable) await syncDirectory(this.#directory);
    } catch (error) {
      if (signal.aborted) return;
      this.#refused.add(top);
      onError(error);
    }
  }

  /** In one go, so that each snapshot has one way to be mounted from its beginning. */
  #publish(top: string, part: string): void {
    const ids = readdirSync(snapshotsDirectory(this.#options.root)).map(Number);
    const since = ids.reduce((most, id) => (id > most ? id : most), this.#newest);
    const name = `${top}-${since}`;
    renameSync(part, `${this.#directory}/${name}`);
    this.#flats.set(top, { name, since });
  }

  /**
   * To be called before layers are deleted: stops merging them, and deletes the flat directories made of them.
   * @throws what `removeTrees` throws.
   */
  async drop(ids: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const making = this.#making;
    if (making !== undefined && ids.some((id) => making.ids.has(id))) {
      making.abort.abort();
      await making.done;
    }
    const tops = ids.filter((id) => this.#flats.has(id));
    if (tops.length === 0) return;
    await removeTrees(
      this.#directory,
      tops.flatMap((top) => this.#flats.get(top)?.name ?? []),
      { signal },
    );
    this.#faults.reach('flat.dropped');
    for (const top of tops) this.#flats.delete(top);
  }

  /** Resolves when nothing is being made. */
  async settled(): Promise<void> {
    await this.#making?.done;
  }

  /** Ends what is being made. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#making?.abort.abort();
    await this.settled();
    await this.#adopted;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
