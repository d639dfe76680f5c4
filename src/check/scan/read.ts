import { setImmediate } from 'node:timers/promises';
import { DataLossError, messageOf, throwIfAborted } from '../../errors/index.js';
import type { Key, Range, ReadTransaction, Store, Table } from '../../store/index.js';

/** A record that was looked up: `undefined` when there is none. */
export type Looked<V> = { readonly value: V | undefined } | { readonly unreadable: string };

/** Looks a record up; one that cannot be decoded says why. */
export function look<K extends Key, V>(tx: ReadTransaction, table: Table<K, V>, key: K): Looked<V> {
  try {
    return { value: tx.get(table, key) };
  } catch (error) {
    if (error instanceof DataLossError) return { unreadable: messageOf(error.cause ?? error) };
    throw error;
  }
}

/** A record that can be decoded; undefined when there is none, or it cannot. */
export function readable<K extends Key, V>(tx: ReadTransaction, table: Table<K, V>, key: K): V | undefined {
  const looked = look(tx, table, key);
  return 'value' in looked ? looked.value : undefined;
}

/** The keys of a range; those that cannot be decoded are given to `onBad` and passed over. */
export function* readableKeys<K extends Key, V>(
  tx: ReadTransaction,
  table: Table<K, V>,
  options: { readonly range?: Range; readonly onBad?: (message: string) => void } = {},
): Generator<K> {
  const iterator = tx.keys(table, options.range ?? {})[Symbol.iterator]();
  try {
    for (;;) {
      try {
        const step = iterator.next();
        if (step.done === true) return;
        yield step.value;
      } catch (error) {
        if (!(error instanceof DataLossError)) throw error;
        options.onBad?.(error.context);
      }
    }
  } finally {
    iterator.return?.();
  }
}

const pageLength = 256;

/** How to go through a table. */
export interface Pages<K extends Key, V, Item> {
  readonly table: Table<K, V>;
  readonly prefix: Key;
  readonly signal: AbortSignal | undefined;
  /** Called for each key, in the transaction that found it. */
  readonly each: (tx: ReadTransaction, key: K) => readonly Item[];
  /** Called for a key that cannot be decoded. */
  readonly onBad: (message: string) => Item;
}

/**
 * Goes through a table in pages, each in a transaction of its own, so that neither the event loop nor a writer waits
 * long: what a page gives is consistent in itself.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function* inPages<K extends Key, V, Item>(
  store: Store,
  { table, prefix, signal, each, onBad }: Pages<K, V, Item>,
): AsyncGenerator<readonly Item[]> {
  let after: K | undefined;
  for (;;) {
    throwIfAborted(signal);
    const items: Item[] = [];
    const range = after === undefined ? { prefix } : { prefix, after };
    const keys = store.read((tx) => {
      const page: K[] = [];
      // A bad key counts for nothing, since the next page can only begin behind one that is known.
      for (const key of readableKeys(tx, table, { range, onBad: (message) => void items.push(onBad(message)) })) {
        items.push(...each(tx, key));
        if (page.push(key) === pageLength) break;
      }
      return page;
    });
    yield items;
    if (keys.length < pageLength) return;
    after = keys.at(-1);
    await setImmediate();
  }
}
