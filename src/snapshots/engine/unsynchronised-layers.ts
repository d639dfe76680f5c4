import type { DataLossError } from '../../errors/index.js';
import type { Store, WriteTransaction } from '../../store/index.js';
import type { BareLayer, BareLayers } from '../driver/bare-layer.js';
import type { Driver } from '../driver/driver.js';
import { bareLayersTable } from '../records/tables.js';
import type { SnapshotTree } from '../records/tree.js';
import type { BackgroundErrors } from './discards.js';
import { isCommitted } from './recorded-snapshots.js';

/** How long layers are gathered before they are put on disk, in milliseconds. */
const gatheringMs = 1000;

/** How many are put on disk at a time: about a millisecond's work for the store. */
const batchSize = 256;

/** Whose layers they are. */
export interface UnsynchronisedLayersOptions {
  readonly store: Store;
  /** The snapshotter's name in the store. */
  readonly name: string;
  readonly driver: Driver;
  readonly tree: SnapshotTree;
  readonly errors: BackgroundErrors;
}

/**
 * Layers without content, whose commits do not wait for the file system: the record of the commit says what such a layer is
 * like, and so is enough to make it again. It says so until the layer is known to be on disk as well, a second later.
 */
export class UnsynchronisedLayers {
  readonly #options: UnsynchronisedLayersOptions;
  readonly #bare: BareLayers | undefined;
  #remade = 0;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: UnsynchronisedLayersOptions) {
    this.#options = options;
    this.#bare = options.driver.bareLayers;
  }

  /**
   * Makes all of them again that a power cut has taken, before anybody can ask for them. What cannot be made is reported,
   * and tried again at the next start.
   */
  static async open(options: UnsynchronisedLayersOptions): Promise<UnsynchronisedLayers> {
    const layers = new UnsynchronisedLayers(options);
    await layers.#remakeAll();
    return layers;
  }

  async #remakeAll(): Promise<void> {
    const { store, name, tree, errors } = this.#options;
    const { noted, committed } = store.read((tx) => {
      const all = [...tx.range(bareLayersTable, { prefix: [name], onUnreadable: reportTo(errors) })];
      return { noted: all.length, committed: all.filter(({ key: [, id] }) => isCommitted(tree, tx, id)) };
    });
    for (const { key, value } of committed) await this.#remake(String(key[1]), value);
    if (noted > 0) this.recorded();
  }

  async #remake(id: string, layer: BareLayer): Promise<void> {
    try {
      if ((await this.#bare?.remake(id, layer)) === true) this.#remade += 1;
    } catch (error) {
      this.#options.errors.report(`make the empty layer ${id} again`, error);
    }
  }

  /** How many had to be made again at the start. */
  get remade(): number {
    return this.#remade;
  }

  /** Records, with its commit, what a layer is like. */
  record(tx: WriteTransaction, id: number, layer: BareLayer): void {
    tx.put(bareLayersTable, [this.#options.name, id], layer);
  }

  /** To be called when that is on disk: puts the layer there as well, with all others of the next second. */
  recorded(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#working = this.#working.then(() => this.#synchroniseAll());
    }, gatheringMs).unref();
  }

  /** Puts on disk what was recorded by now, and says so in the store. Never rejects. */
  async #synchroniseAll(): Promise<void> {
    try {
      while (!this.#closed && (await this.#synchroniseSome()) === batchSize);
    } catch (error) {
      // They stay recorded, and are put on disk with the next ones.
      if (!this.#closed) this.#options.errors.report('put empty layers on disk', error);
    }
  }

  /** @returns how many. */
  async #synchroniseSome(): Promise<number> {
    const { store, name } = this.#options;
    const keys = store.read((tx) => [...tx.keys(bareLayersTable, { prefix: [name], limit: batchSize })]);
    if (keys.length === 0) return 0;
    await this.#bare?.synchronise();
    await store.write((tx) => {
      for (const key of keys) tx.remove(bareLayersTable, key);
    });
    return keys.length;
  }

  /** Stops; what is recorded by then is looked at by the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#working;
  }
}

function reportTo(errors: BackgroundErrors): (error: DataLossError) => void {
  return (error) => errors.report('read what an empty layer is like', error);
}
