/**
 * Keeps the list of the layers of a snapshotter, from which `strata check --rebuild` makes their records again when the
 * store is lost. Lines are written from the records, so that none says what did not happen, and a little after them, so
 * that no call waits for it and what is gone again by then costs nothing (docs/decisions).
 */
import { open, rename } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import {
  type BackgroundErrors,
  type DescribedFiles,
  idsTable,
  type LayerObserver,
  snapshotsTable,
} from '../../snapshots/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import type { CheckedList } from '../findings/types.js';
import { lineText } from './entry.js';
import { endOfList, layerListPath } from './read-list.js';
import { recordedLayer } from './recorded-layer.js';

/** What a list is kept of. */
export interface LayerListOptions {
  readonly store: Store;
  /** The snapshotter whose layers they are. */
  readonly name: string;
  /** The directory of its files. */
  readonly root: string;
  /** What says where the files of a layer are; absent where its id does. */
  readonly described?: DescribedFiles | undefined;
  /** Which face of the daemon makes the layers; a text that is given back when the list is read. */
  readonly face: string;
  /** Whether what is written is put on disk. */
  readonly durable: boolean;
  readonly errors: BackgroundErrors;
  /** How long what changed is collected before it is written, in milliseconds. Default a second. */
  readonly delay?: number;
}

const DELAY = 1000;

/** How many records are read before others have a turn. */
const PAGE = 256;

/** So much may be added before what is outdated is worth writing all of it anew. */
const LEAST_GROWTH = 2 ** 20;

/** For its owner only: labels may be nobody else's business. */
const MODE = 0o600;

/** See the head of this file. */
export class LayerListWriter implements LayerObserver, CheckedList {
  readonly root: string;
  readonly #options: LayerListOptions;
  readonly #changed = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  /** Whether all of it has to be written anew. */
  #incomplete = true;
  #bytes = 0;
  #added = 0;
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: LayerListOptions) {
    this.#options = options;
    this.root = options.root;
  }

  /**
   * Begins to keep a list; one that is not known to be complete is written anew in the background. Afterwards no list says
   * of itself that it is complete: it is the one who ends it who knows.
   */
  static async open(options: LayerListOptions): Promise<LayerListWriter> {
    const writer = new LayerListWriter(options);
    try {
      const { complete, bytes } = await endOfList(options.root);
      writer.#bytes = bytes;
      if (complete) await writer.#goOn();
      writer.#incomplete = !complete;
    } catch (error) {
      options.errors.report('go on with the list of layers', error);
    }
    if (writer.#incomplete) writer.#wait();
    return writer;
  }

  /** The list of a snapshotter that is not open, to be checked: nobody else writes it. */
  static closed(options: Omit<LayerListOptions, 'errors' | 'delay'>): CheckedList {
    return {
      root: options.root,
      settled: (work) => work(),
      rewrite: async () => {
        // A list without its end is written anew by the next start.
        const writer = new LayerListWriter({ ...options, errors: { report: () => undefined } });
        await writer.#writeAll();
        await writer.#end();
      },
    };
  }

  /** Before anything changes: after a kill, a list that still had its end would be taken for one that has everything. */
  async #goOn(): Promise<void> {
    await this.#add(this.#beginning());
  }

  #beginning(): string {
    const { name: snapshotter, face } = this.#options;
    return lineText({ type: 'begin', snapshotter, face });
  }

  changed(id: number): void {
    this.#changed.add(id);
    this.#wait();
  }

  #wait(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, this.#options.delay ?? DELAY);
    this.#timer.unref();
  }

  /** Resolves when everything that was told is in the list. Failures are reported, and made good the next time. */
  flush(): Promise<void> {
    this.#work = this.#work.then(() => this.#write());
    return this.#work;
  }

  settled<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(this.flush(), work);
  }

  rewrite(): Promise<void> {
    return this.#inTurn(this.#work, () => {
      this.#incomplete = true;
      return this.#writeAll();
    });
  }

  #inTurn<T>(before: Promise<void>, work: () => Promise<T>): Promise<T> {
    const mine = before.then(work);
    this.#work = mine.then(
      () => undefined,
      () => undefined,
    );
    return mine;
  }

  async #write(): Promise<void> {
    const ids = [...this.#changed];
    this.#changed.clear();
    try {
      if (this.#incomplete || this.#added > Math.max(LEAST_GROWTH, this.#bytes)) await this.#writeAll();
      else if (ids.length > 0) await this.#append(ids);
    } catch (error) {
      this.#incomplete = true;
      this.#options.errors.report('write the list of layers', error);
    }
  }

  async #writeAll(): Promise<void> {
    const { root, store, durable } = this.#options;
    const path = layerListPath(root);
    await using file = await open(`${path}.new`, 'w', MODE);
    await file.write(this.#beginning());
    let bytes = 0;
    for (let after: string | undefined; ; ) {
      const { lines, last } = store.read((tx) => this.#page(tx, after));
      const text = lines.join('');
      await file.write(text);
      bytes += text.length;
      if (last === undefined) break;
      after = last;
      await setImmediate();
    }
    if (durable) await file.datasync();
    await rename(`${path}.new`, path);
    this.#incomplete = false;
    [this.#bytes, this.#added] = [bytes, 0];
  }

  #page(
    tx: ReadTransaction,
    after: string | undefined,
  ): { readonly lines: string[]; readonly last: string | undefined } {
    const { name } = this.#options;
    const range = { prefix: [name], limit: PAGE, ...(after === undefined ? {} : { after: [name, after] }) };
    const keys = [...tx.keys(snapshotsTable, range)].map(([, key]) => key);
    const lines = keys.flatMap((key) => this.#lineOf(tx, key) ?? []);
    return { lines, last: keys.length < PAGE ? undefined : keys.at(-1) };
  }

  async #append(ids: readonly number[]): Promise<void> {
    const { root, name, store, durable } = this.#options;
    await using file = await open(layerListPath(root), 'a', MODE);
    for (let start = 0; start < ids.length; start += PAGE) {
      const text = store.read((tx) => {
        const keys = ids.slice(start, start + PAGE).flatMap((id) => tx.get(idsTable, [name, id]) ?? []);
        return keys.flatMap((key) => this.#lineOf(tx, key) ?? []).join('');
      });
      await file.write(text);
      this.#added += text.length;
    }
    if (durable) await file.datasync();
  }

  /** Nothing for what is no layer, or cannot be read. */
  #lineOf(tx: ReadTransaction, key: string): string | undefined {
    const layer = recordedLayer(tx, this.#options, key);
    return layer === undefined ? undefined : lineText({ type: 'layer', layer });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.flush();
    if (!this.#incomplete) await this.#end();
  }

  async #end(): Promise<void> {
    try {
      await this.#add(lineText({ type: 'end' }));
    } catch (error) {
      this.#options.errors.report('end the list of layers', error);
    }
  }

  async #add(line: string): Promise<void> {
    const { root, durable } = this.#options;
    await using file = await open(layerListPath(root), 'a', MODE);
    await file.write(line);
    if (durable) await file.datasync();
  }
}
