import { DataLossError } from '../../errors/index.js';
import type { Range } from '../store.js';
import { type NamedDatabase, type Scope, scan } from './scan.js';
import type { EncodedEntry } from './stored-key.js';

/** What a range needs from the transaction that it belongs to. */
export interface RangeOwner {
  /** @throws InternalError when the transaction is over. */
  check(): void;
  /** Counts the changes that the transaction has made, so that a range knows when its cursor may be out of date. */
  changes(): number;
  /** The iterator holds a cursor from now on. */
  opened(iterator: Closeable): void;
  /** It holds none any more. */
  closed(iterator: Closeable): void;
}

/** Something to close when the transaction ends. */
export interface Closeable {
  close(): void;
}

/** What to visit, and whose view of it. */
export interface RangeOptions<Item> {
  /** Makes of a record what is given out. @throws DataLossError when it cannot be decoded. */
  readonly decode: (entry: EncodedEntry) => Item;
  readonly source: NamedDatabase;
  readonly scope: Scope;
  readonly limit: number;
  readonly onUnreadable: Range['onUnreadable'];
  readonly owner: RangeOwner;
}

/**
 * Decodes the records of a range one by one. After a record that cannot be decoded the next call goes on behind it.
 * A change in the same transaction makes it start again behind the last record, so that it sees the change.
 */
export class RecordIterator<Item> implements Iterator<Item>, Closeable {
  readonly #options: RangeOptions<Item>;
  #entries: Generator<EncodedEntry, void, undefined> | undefined;
  #last: Buffer | undefined;
  #changes = 0;
  #left: number;

  constructor(options: RangeOptions<Item>) {
    this.#options = options;
    this.#left = options.limit;
  }

  next(): IteratorResult<Item> {
    this.#options.owner.check();
    while (this.#left > 0) {
      const entry = this.#advance();
      if (entry === undefined) break;
      const value = this.#decode(entry);
      if (value !== undefined) return { done: false, value };
    }
    return this.return();
  }

  #decode(entry: EncodedEntry): Item | undefined {
    this.#left--;
    try {
      return this.#options.decode(entry);
    } catch (error) {
      const { onUnreadable } = this.#options;
      if (onUnreadable === undefined || !(error instanceof DataLossError)) throw error;
      this.#left++;
      onUnreadable(error);
      return undefined;
    }
  }

  return(): IteratorResult<Item> {
    this.#left = 0;
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    if (this.#entries === undefined) return;
    this.#entries.return(undefined);
    this.#entries = undefined;
    this.#options.owner.closed(this);
  }

  #advance(): EncodedEntry | undefined {
    const step = this.#current().next();
    if (step.done === true) return undefined;
    this.#last = step.value.key;
    return step.value;
  }

  #current(): Generator<EncodedEntry, void, undefined> {
    const { owner, source, scope } = this.#options;
    if (this.#entries !== undefined && this.#changes === owner.changes()) return this.#entries;
    this.close();
    this.#changes = owner.changes();
    this.#entries = scan(source, { ...scope, after: this.#last ?? scope.after });
    owner.opened(this);
    return this.#entries;
  }
}
