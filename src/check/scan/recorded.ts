import { setImmediate } from 'node:timers/promises';
import { throwIfAborted } from '../../errors/index.js';
import type { CheckedFiles, Kind } from '../../snapshots/index.js';
import { type ReadTransaction, type Store, statement } from '../../store/index.js';

/** A recorded snapshot, as far as its files tell of it. */
export interface Recorded extends CheckedFiles {
  readonly snapshotter: string;
  /** Empty for a containerd in front. */
  readonly namespace: string;
  readonly key: string;
}

interface Row {
  readonly id: number;
  readonly snapshotter: string;
  readonly namespace: string;
  readonly key: string;
  readonly kind: Kind;
  readonly chain: string;
  readonly size: number;
  readonly inodes: number;
}

const columns = 'id, snapshotter, namespace, key, kind, chain, size, inodes';
const rowWithId = statement<Row>(`SELECT ${columns} FROM snapshots WHERE id = ?`);
const rowsAbove = statement<Row>(`SELECT ${columns} FROM snapshots WHERE id > ? ORDER BY id LIMIT ?`);
const anyOf = statement<{ id: number }>('SELECT id FROM snapshots WHERE snapshotter = ? LIMIT 1');

function recordedOf({ id, chain, size, inodes, ...rest }: Row): Recorded {
  const parentIds = chain === '' ? [] : chain.split(',');
  return { ...rest, id: String(id), parentIds, usage: { size, inodes } };
}

/** The snapshot whose files have this id; undefined when there is none. */
export function findRecorded(tx: ReadTransaction, id: string): Recorded | undefined {
  const row = tx.get(rowWithId, Number(id));
  return row === undefined ? undefined : recordedOf(row);
}

/** Whether a snapshotter has any snapshot. */
export function hasRecords(tx: ReadTransaction, snapshotter: string): boolean {
  return tx.get(anyOf, snapshotter) !== undefined;
}

const idPattern = /^(?:0|[1-9]\d*)$/;

/** Whether a name is an id, such as `17`. */
export function isId(name: string): boolean {
  return idPattern.test(name) && Number.isSafeInteger(Number(name));
}

/** Some snapshots that follow each other, and which ids they are all of. */
export interface RecordedPage<Extra> {
  readonly recorded: readonly Recorded[];
  /** What was asked in the same transaction. */
  readonly extra: Extra;
}

/** Ids above `after`, up to `last`. */
export interface IdRange {
  readonly after: number;
  readonly last: number;
}

const pageLength = 256;

/**
 * Every recorded snapshot, in the order of the ids. Each page is a transaction of its own, so that neither the event
 * loop nor a writer waits long; what a page says is consistent in itself.
 * @param ask Asked about each page, in its transaction. The ranges cover all ids.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function* recordedPages<Extra>(
  store: Store,
  ask: (tx: ReadTransaction, range: IdRange) => Extra,
  signal: AbortSignal | undefined,
): AsyncGenerator<RecordedPage<Extra>> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    throwIfAborted(signal);
    const { rows, last, extra } = store.read((tx) => {
      const rows = tx.all(rowsAbove, after, pageLength);
      const last = rows.at(-1)?.id ?? after;
      return { rows, last, extra: ask(tx, { after, last }) };
    });
    yield { recorded: rows.map(recordedOf), extra };
    if (rows.length < pageLength) return;
    after = last;
    await setImmediate();
  }
}
