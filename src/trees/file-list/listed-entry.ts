/** What a tree holds, entry by entry, in an order that depends on the names alone. */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import {
  getAttribute,
  hasErrno,
  listAttributes,
  PendingDirectories,
  type PendingDirectory,
  toBinary,
  toBytes,
} from '../../linux/index.js';

/** The types of entries. */
export type EntryType = 'file' | 'directory' | 'link' | 'character' | 'block' | 'fifo' | 'socket';

/** What a file list says of one entry. The order of the fields is that of the format. */
export interface EntryFacts {
  readonly type: EntryType;
  /** Permissions with the bits for setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtime: string;
  /** Bytes of a file. */
  readonly size?: number;
  /** The content of a file. */
  readonly sha256?: string;
  /** Where a symbolic link leads. */
  readonly target?: string;
  /** The number of a device. */
  readonly device?: string;
  /** Extended attributes, their values in base64; absent when there are none. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** An entry of a tree; its path is a binary string below the top, empty for the top itself. */
export interface ListedEntry {
  readonly path: string;
  readonly facts: EntryFacts;
}

/** An entry that cannot be read. */
export interface BadEntry {
  readonly path: string;
  readonly error: string;
}

/** Text for a file name: as it is when it is UTF-8, else in base64 behind a mark that no name can have. */
export function nameText(binary: string): string {
  const bytes = toBytes(binary);
  return isUtf8(bytes) ? bytes.toString() : `\0${bytes.toString('base64')}`;
}

/** The file name that a text stands for. */
export function nameOfText(text: string): string {
  return text.startsWith('\0') ? Buffer.from(text.slice(1), 'base64').toString('latin1') : toBinary(text);
}

/**
 * The entries of a tree, the top first, then directory by directory: those of one directory by the bytes of their names,
 * and a directory's own entries before those of the directories in it. Reads every file. Blocks the calling thread.
 * @param stop Asked before each entry; true ends it.
 * @throws a system error when the top itself cannot be read.
 */
export function* entriesOf(top: string, stop: () => boolean): Generator<ListedEntry | BadEntry> {
  yield { path: '', facts: factsOf(toBinary(top), lstatSync(top, { bigint: true }), stop) };
  using pending = new PendingDirectories(toBinary(top));
  const names = [''];
  for (;;) {
    const found: (ListedEntry | BadEntry)[] = [];
    const above = names.pop() ?? '';
    const walk = new DirectoryWalk({
      above,
      found,
      stop,
      add: (name, directory) => {
        names.push(above === '' ? name : `${above}/${name}`);
        pending.add(directory, name);
      },
    });
    if (!pending.visit((directory) => walk.run(directory))) return;
    yield* found;
    if (stop()) return;
  }
}

interface DirectoryWalkOptions {
  readonly above: string;
  readonly found: (ListedEntry | BadEntry)[];
  readonly stop: () => boolean;
  readonly add: (name: string, directory: PendingDirectory) => void;
}

class DirectoryWalk {
  readonly #options: DirectoryWalkOptions;

  constructor(options: DirectoryWalkOptions) {
    this.#options = options;
  }

  run(directory: PendingDirectory): void {
    const { above, found, stop, add } = this.#options;
    const inside: string[] = [];
    for (const name of this.#list(directory)) {
      if (stop()) return;
      const path = above === '' ? name : `${above}/${name}`;
      const entry = this.#read(path, `${directory.path}/${name}`);
      found.push(entry);
      if ('facts' in entry && entry.facts.type === 'directory') inside.push(name);
    }
    // The last one that is added is visited first.
    for (const name of inside.reverse()) add(name, directory);
  }

  #read(path: string, place: string): ListedEntry | BadEntry {
    try {
      return { path, facts: factsOf(place, lstatSync(toBytes(place), { bigint: true }), this.#options.stop) };
    } catch (error) {
      return { path, error: error instanceof Error ? error.message : String(error) };
    }
  }

  #list({ path }: PendingDirectory): string[] {
    try {
      return readdirSync(toBytes(path), 'latin1').sort();
    } catch (error) {
      this.#options.found.push({ path: this.#options.above, error: String(error) });
      return [];
    }
  }
}

function factsOf(place: string, stats: BigIntStats, stop: () => boolean): EntryFacts {
  const type = typeOf(stats);
  return {
    type,
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: String(stats.mtimeNs),
    ...(type === 'file' ? { size: Number(stats.size), sha256: digestOf(place, stop) } : {}),
    ...(type === 'link' ? { target: nameText(readlinkSync(toBytes(place), 'latin1')) } : {}),
    ...(type === 'character' || type === 'block' ? { device: String(stats.rdev) } : {}),
    ...attributesOf(place),
  };
}

function typeOf(stats: BigIntStats): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isCharacterDevice()) return 'character';
  if (stats.isBlockDevice()) return 'block';
  return stats.isFIFO() ? 'fifo' : 'socket';
}

function attributesOf(place: string): Pick<EntryFacts, 'xattrs'> {
  const names = listAttributes(toBytes(place)).map((name) => name.toString('latin1'));
  if (names.length === 0) return {};
  const values: Record<string, string> = {};
  for (const name of names.sort()) {
    const value = getAttribute(toBytes(place), Buffer.from(name, 'latin1'));
    if (value !== undefined) values[nameText(name)] = value.toString('base64');
  }
  return { xattrs: values };
}

const chunk = Buffer.allocUnsafe(256 * 1024);

/** A digest that was stopped is of no use, and neither is the list that it would be in. */
function digestOf(place: string, stop: () => boolean): string {
  const fd = openToRead(toBytes(place));
  try {
    const hash = createHash('sha256');
    for (let read = readSync(fd, chunk); read > 0 && !stop(); read = readSync(fd, chunk))
      hash.update(chunk.subarray(0, read));
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
}

/** Opens a file so that reading it leaves no trace, where that is allowed, and never waits for a fifo in its place. */
function openToRead(path: Buffer): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    return openSync(path, flags | constants.O_NOATIME);
  } catch (error) {
    if (!hasErrno(error, 'EPERM')) throw error;
    return openSync(path, flags);
  }
}
