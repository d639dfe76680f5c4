/** Compares a tree with the file list that was written of it. */

import { hasErrno } from '../../linux/index.js';
import { type FileListRequest, readFileList } from './list-file.js';
import { type BadEntry, type EntryFacts, entriesOf, type ListedEntry, nameText } from './listed-entry.js';

/** Something in a tree that is not as its file list says, or cannot be read. */
export interface TreeDifference {
  readonly kind: 'missing' | 'added' | 'differs' | 'unreadable';
  /** Below the top; empty for the top itself. */
  readonly path: string;
  /** What differs, or the error. */
  readonly detail: string;
}

/** The result of a comparison. */
export interface Comparison {
  /** Whether there is a file list. Without one everything was read all the same. */
  readonly compared: boolean;
  /** Why the file list cannot be used. */
  readonly badFileList?: string;
  readonly differences: readonly TreeDifference[];
  /** How many more differences there are than those. */
  readonly more: number;
}

/** The most differences of one tree that are listed. */
const told = 100;

/**
 * Reads all of a tree and compares it with its file list. Needs no more memory than the largest directory. Blocks the
 * calling thread.
 * @returns undefined when it was stopped.
 * @throws a system error when the top cannot be read.
 */
export function compareFileListNow({ tree, fileList }: FileListRequest, stop: () => boolean): Comparison | undefined {
  const differences: TreeDifference[] = [];
  let more = 0;
  const tell: Tell = (difference) => {
    if (differences.length < told) differences.push(difference);
    else more += 1;
  };
  const { entries, state } = openList(fileList);
  if (entries === undefined) tellUnreadable(tree, stop, tell);
  else compare(entries, entriesOf(tree, stop), tell);
  return stop() ? undefined : { ...state, differences, more };
}

function tellUnreadable(tree: string, stop: () => boolean, tell: Tell): void {
  for (const entry of entriesOf(tree, stop)) if ('error' in entry) tell(unreadable(entry));
}

interface OpenList {
  readonly entries: Iterator<ListedEntry> | undefined;
  readonly state: Pick<Comparison, 'compared' | 'badFileList'>;
}

function openList(fileList: string): OpenList {
  try {
    const entries = readFileList(fileList);
    const first = entries.next();
    return { entries: prepended(first, entries), state: { compared: true } };
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return { entries: undefined, state: { compared: false } };
    const badFileList = error instanceof Error ? error.message : String(error);
    return { entries: undefined, state: { compared: false, badFileList } };
  }
}

function* prepended(first: IteratorResult<ListedEntry>, rest: Iterable<ListedEntry>): Generator<ListedEntry> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

type Tell = (difference: TreeDifference) => void;

function compare(wanted: Iterator<ListedEntry>, there: Iterator<ListedEntry | BadEntry>, tell: Tell): void {
  try {
    for (const pair of merged(wanted, there)) comparePair(pair, tell);
  } finally {
    wanted.return?.();
    there.return?.();
  }
}

interface Pair {
  readonly want: ListedEntry | undefined;
  readonly has: ListedEntry | BadEntry | undefined;
}

/** Both come in the same order, so one pass matches their entries. */
function* merged(wanted: Iterator<ListedEntry>, there: Iterator<ListedEntry | BadEntry>): Generator<Pair> {
  let want = given(wanted.next());
  let has = given(there.next());
  while (want !== undefined || has !== undefined) {
    const order = orderOf(want, has);
    yield { want: order <= 0 ? want : undefined, has: order >= 0 ? has : undefined };
    if (order <= 0) want = given(wanted.next());
    if (order >= 0) has = given(there.next());
  }
}

function given<T>(result: IteratorResult<T, unknown>): T | undefined {
  return result.done === true ? undefined : result.value;
}

/** A sequence that has ended sorts behind everything. */
function orderOf(want: Pair['want'], has: Pair['has']): number {
  if (want === undefined) return 1;
  return has === undefined ? -1 : compareOrder(want.path, has.path);
}

function comparePair({ want, has }: Pair, tell: Tell): void {
  if (has !== undefined && 'error' in has) tell(unreadable(has));
  else if (has === undefined && want !== undefined) {
    tell({ kind: 'missing', path: nameText(want.path), detail: 'it is gone' });
  } else if (has !== undefined && want === undefined) {
    tell({ kind: 'added', path: nameText(has.path), detail: 'the file list does not list it' });
  } else if (has !== undefined && want !== undefined) tellChanges(want, has, tell);
}

function unreadable({ path, error }: BadEntry): TreeDifference {
  return { kind: 'unreadable', path: nameText(path), detail: error };
}

/** The order in which `entriesOf` gives two paths: by their directories, and then by their own names. */
export function compareOrder(one: string, other: string): number {
  const [a, b] = [placeOf(one), placeOf(other)];
  return compareParts(a.above, b.above) || compareText(a.name, b.name);
}

/** The top is above all directories. */
function placeOf(path: string): { readonly above: readonly string[]; readonly name: string } {
  const above = path.split('/');
  const name = above.pop() ?? '';
  return { above, name };
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  // None differs: one path contains the other.
  if (at < 0) return a.length - b.length;
  return at < b.length ? compareText(a[at] ?? '', b[at] ?? '') : 1;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function tellChanges({ path, facts: want }: ListedEntry, { facts: has }: ListedEntry, tell: Tell): void {
  const fields = new Set([...Object.keys(want), ...Object.keys(has)] as (keyof EntryFacts)[]);
  const changed = [...fields].filter((field) => JSON.stringify(want[field]) !== JSON.stringify(has[field]));
  if (changed.length === 0) return;
  const detail = changed.map((field) => `${field} ${shown(has[field])} instead of ${shown(want[field])}`).join(', ');
  tell({ kind: 'differs', path: nameText(path), detail });
}

function shown(value: EntryFacts[keyof EntryFacts]): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}
