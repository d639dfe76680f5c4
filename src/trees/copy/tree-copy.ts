/**
 * Copies trees, with all that a file is: content with its holes, owner, mode, times to the nanosecond, extended
 * attributes, hard links among its names; symbolic links, devices, fifos and sockets as such.
 *
 * The source may be changed meanwhile by hostile processes: no step follows a symbolic link in it, so that nothing from
 * outside gets into the copy. Nobody else can enter the copy until it is done.
 */
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import {
  copyAttributes,
  makeNode,
  openPlace,
  pathOfDescriptor,
  setTimes,
  setTimesOf,
  toBinary,
  toBytes,
  withRealPath,
} from '../../linux/index.js';
import { copyContent, type OpenFiles, type Steps } from './copy-file.js';
import { type OpenPair, type Place, Places, targetOf } from './tree-copy-places.js';

const PERMISSIONS = 0o7777n;

/** A directory is its maker's alone until it is whole. */
const PRIVATE = 0o700;

/** An entry of a directory, in the source and in the copy. */
export interface Entry {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly stats: BigIntStats;
}

/**
 * Copies a tree into an empty directory, which becomes the top of the copy. When it fails or is cancelled, it leaves what it
 * had made.
 * @throws a system error, ENOENT when there is no such tree.
 */
export function* copyTreeInSteps(from: string, to: string): Steps {
  using copy = new TreeCopy();
  yield* copy.run(from, to);
}

class TreeCopy implements Disposable {
  readonly #places = new Places();
  readonly #pending: Place[] = [];
  /** The first name of each file that has several, by `device:inode`. */
  readonly #links = new Map<string, Place>();

  *run(from: string, to: string): Steps {
    this.#pending.push(this.#openTop(from, to));
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      yield* this.#directory(next);
      this.#places.release(next);
    }
  }

  #openTop(from: string, to: string): Place {
    const source = openPlace(toBinary(from));
    try {
      return this.#places.top({ source, target: openPlace(toBinary(to)) });
    } catch (error) {
      closeSync(source);
      throw error;
    }
  }

  *#directory(place: Place): Steps {
    const open = this.#places.open(place);
    try {
      yield* this.#entries(place, open);
      // Last, since each new entry changed the time, and the mode may forbid them.
      finishDirectory(open);
    } catch (error) {
      throw withRealPath(error);
    } finally {
      closeSync(open.source);
      closeSync(open.target);
    }
  }

  *#entries(place: Place, open: OpenPair): Steps {
    const base = this.#places.baseOf(place, open);
    const [from, to] = [pathOfDescriptor(open.source), pathOfDescriptor(open.target)];
    for (const name of readdirSync(from, 'latin1')) {
      const source = toBytes(`${from}/${name}`);
      const entry = { from: source, to: toBytes(`${to}/${name}`), stats: lstatSync(source, { bigint: true }) };
      if (entry.stats.isDirectory()) this.#later(entry, this.#places.entryOf(base, name));
      else if (entry.stats.nlink === 1n) yield* copyEntry(entry);
      else yield* this.#linked(entry, this.#places.entryOf(base, name));
      yield;
    }
    this.#places.release(base);
  }

  #later({ to }: Entry, place: Place): void {
    mkdirSync(to, { mode: PRIVATE });
    this.#pending.push(place);
  }

  /** A file with several names; others may be outside of the tree. */
  *#linked(entry: Entry, place: Place): Steps {
    const key = `${entry.stats.dev}:${entry.stats.ino}`;
    const first = this.#links.get(key);
    if (first === undefined) {
      yield* copyEntry(entry);
      this.#links.set(key, place);
    } else {
      linkSync(targetOf(first), entry.to);
      this.#places.release(place);
    }
  }

  [Symbol.dispose](): void {
    this.#places[Symbol.dispose]();
  }
}

/** Copies what is no directory, with all that it is. @throws a system error. */
export function* copyEntry(entry: Entry): Steps {
  const { from, to, stats } = entry;
  if (stats.isFile()) {
    yield* copyContent(from, to, (files) => finishFile(entry, files));
    return;
  }
  if (stats.isSymbolicLink()) symlinkSync(readlinkSync(from, 'buffer'), to);
  else makeNode(to, Number(stats.mode), Number(stats.rdev));
  finishNode(entry);
}

/** The owner comes first: a change of it takes set-user-id bits and capabilities away. */
function finishFile({ from, to }: Entry, { to: fd, stats }: OpenFiles): void {
  fchownSync(fd, Number(stats.uid), Number(stats.gid));
  copyAttributes(from, to);
  fchmodSync(fd, Number(stats.mode & PERMISSIONS));
  setTimesOf(fd, stats);
}

function finishNode({ from, to, stats }: Entry): void {
  lchownSync(to, Number(stats.uid), Number(stats.gid));
  copyAttributes(from, to);
  if (!stats.isSymbolicLink()) chmodSync(to, Number(stats.mode & PERMISSIONS));
  setTimes(to, stats);
}

function finishDirectory({ source, target }: OpenPair): void {
  // What a descriptor leads to is behind a link, and nothing here follows one: hence the dot.
  const [from, to] = [source, target].map((fd) => Buffer.from(`${pathOfDescriptor(fd)}/.`)) as [Buffer, Buffer];
  finishNode({ from, to, stats: fstatSync(source, { bigint: true }) });
}
