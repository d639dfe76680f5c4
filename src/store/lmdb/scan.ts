import { type EncodedEntry, isLong, isLongForm, longKeyBytes, runOf, toStored, unpack } from './stored-key.js';
import { access, type ByteDatabase, type View } from './tables.js';

/** Which records to visit, by their encoded keys. */
export interface Scope {
  /** Bytes with which every key begins. */
  readonly prefix: Buffer;
  /** The prefix is a whole key: only the record of that very key. */
  readonly exact: boolean;
  /** Visit what lies behind this key only. */
  readonly after: Buffer | undefined;
}

/** A database and the name of its table, for messages. */
export interface NamedDatabase {
  readonly name: string;
  readonly database: ByteDatabase;
  /** Which state to read; undefined for the current one. */
  readonly view: View | undefined;
}

/** The records of a scope in the order of their keys. Holds a cursor until it is finished or returned. */
export function* scan(source: NamedDatabase, scope: Scope): Generator<EncodedEntry, void, undefined> {
  if (scope.exact) yield* exactly(source, scope);
  else yield* inOrder(storedEntries(source, scope), scope);
}

function* exactly(
  { name, database, view }: NamedDatabase,
  { prefix: key, after }: Scope,
): Generator<EncodedEntry, void, undefined> {
  if (after !== undefined && Buffer.compare(key, after) <= 0) return;
  const stored = toStored(key);
  const packed = access(name, () => database.get(stored, view));
  if (packed !== undefined) yield unpack(stored, packed);
}

function* storedEntries(
  { name, database, view }: NamedDatabase,
  scope: Scope,
): Generator<EncodedEntry, void, undefined> {
  const start = startOf(scope);
  const end = endOf(scope.prefix);
  if (end !== undefined && Buffer.compare(start, end) >= 0) return;
  const iterator = database.getRange({ start, ...(end === undefined ? {} : { end }), ...view })[Symbol.iterator]();
  try {
    for (
      let step = access(name, () => iterator.next());
      step.done !== true;
      step = access(name, () => iterator.next())
    ) {
      yield { key: asBuffer(step.value.key), value: step.value.value };
    }
  } finally {
    iterator.return?.();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const lowest = Buffer.of(0);

/** Where the stored keys of a scope begin. */
function startOf({ prefix, after }: Scope): Buffer {
  const first = prefix.length === 0 ? lowest : prefix.subarray(0, longKeyBytes);
  if (after === undefined) return first;
  // Nothing lies between a key and the same with a NUL behind it. A long key may be followed by others of its run.
  const behind = isLong(after) ? runOf(after) : Buffer.concat([after, lowest]);
  return Buffer.compare(first, behind) > 0 ? first : behind;
}

const HIGHEST_BYTE = 0xff;

/** The first key behind all that begin with the prefix; undefined when there is none. */
function endOf(prefix: Buffer): Buffer | undefined {
  const end = Buffer.from(prefix.subarray(0, longKeyBytes));
  for (let index = end.length - 1; index >= 0; index--) {
    const byte = end[index] ?? HIGHEST_BYTE;
    if (byte === HIGHEST_BYTE) continue;
    end[index] = byte + 1;
    return end.subarray(0, index + 1);
  }
  return undefined;
}

/** Turns stored keys into whole ones: sorts each run, and drops from it what lies outside of the scope. */
function* inOrder(
  entries: Generator<EncodedEntry, void, undefined>,
  scope: Scope,
): Generator<EncodedEntry, void, undefined> {
  let run: EncodedEntry[] = [];
  let head: Buffer | undefined;
  for (const entry of entries) {
    if (head !== undefined && !inRun(entry.key, head)) {
      yield* sorted(run, scope);
      run = [];
      head = undefined;
    }
    if (isLongForm(entry.key)) {
      head ??= runOf(entry.key);
      run.push(unpack(entry.key, entry.value ?? lowest));
    } else yield entry;
  }
  yield* sorted(run, scope);
}

function inRun(stored: Buffer, head: Buffer): boolean {
  return isLongForm(stored) && head.equals(runOf(stored));
}

function sorted(run: readonly EncodedEntry[], { prefix, after }: Scope): EncodedEntry[] {
  return run
    .filter(({ key }) => key.subarray(0, prefix.length).equals(prefix))
    .filter(({ key }) => after === undefined || Buffer.compare(key, after) > 0)
    .sort((a, b) => Buffer.compare(a.key, b.key));
}
