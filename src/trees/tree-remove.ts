/**
 * Deletes trees that hostile processes may still be changing.
 *
 * Every step goes through an open directory (`/proc/self/fd/N/name`), so that a directory that is swapped for a
 * symbolic link meanwhile leads nowhere, and a tree of any depth can be deleted. A mount inside a tree is not entered.
 *
 * What chattr(1) protects, and a read-only subvolume of btrfs, loses its protection when a step fails for it: a container can
 * leave both.
 *
 * Several threads can delete one tree: each begins at another entry of each directory, and comes last to the entries with which
 * the others began. It skips what is gone already, so the threads need not know of each other.
 */

import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { constants as system } from 'node:os';
import { type PlainError, toPlainError } from '../base/index.js';
import {
  clearProtection,
  DIRECTORY_ONLY,
  hasErrno,
  makeSubvolumeWritable,
  openPlace,
  pathOfDescriptor,
  systemCallError,
  toBinary,
  toBytes,
  withRealPath,
} from '../linux/index.js';

/** A tree that could not be deleted completely. */
export interface RemovalFailure {
  readonly name: string;
  readonly error: PlainError;
}

/** What to delete. */
export interface RemovalRequest {
  /** The directory that holds the trees. */
  readonly root: string;
  /** Names of entries in it, nothing that leads out of it (see {@link isEntryName}). */
  readonly names: readonly string[];
  /** After how many entries to leave the rest. Default: goes on to the end. */
  readonly maxEntries?: number;
  /** Which of several threads that delete the same this is, and how many there are. Default: the only one. */
  readonly lane?: { readonly index: number; readonly count: number };
}

/** The result of deleting several trees. */
export interface RemovalReport {
  /** False when it was stopped before the last tree, or left the rest. */
  readonly finished: boolean;
  readonly failures: readonly RemovalFailure[];
}

/** Directories open at the same time; what lies deeper is moved up first. */
const MAX_DEPTH = 64;

/** How often a directory is listed again that others keep filling; passes that moved something up do not count. */
const MAX_PASSES = 100;

const FULL_ACCESS = 0o700;

const MOUNT_ID = /^mnt_id:\s*(\d+)$/m;

/** Thrown to unwind when the caller wants no more. */
class Stopped extends Error {}

type Lane = NonNullable<RemovalRequest['lane']>;

const onlyLane: Lane = { index: 0, count: 1 };

/**
 * A name that is used once: a directory that takes the place of an empty one, which another thread is about to delete,
 * would be deleted in its stead.
 */
const thread = randomUUID();
let movedByThread = 0;

/** The same names, from where this lane begins. */
function fromLane(names: readonly string[], { index, count }: Lane): readonly string[] {
  const start = Math.floor((names.length * index) / count);
  return start === 0 ? names : [...names.slice(start), ...names.slice(0, start)];
}

function mountIdOf(fd: number): string | undefined {
  return MOUNT_ID.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
}

/** Runs a step and counts it as done when its object is gone already. */
function unlessGone(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
  }
}

/** Opens a directory for listing; without privileges one's own is made accessible first. */
function openForRemoval(path: string): number {
  const flags = constants.O_RDONLY | DIRECTORY_ONLY;
  let fd: number;
  try {
    fd = openSync(toBytes(path), flags);
  } catch (error) {
    if (!hasErrno(error, 'EACCES')) throw error;
    const place = openPlace(path);
    try {
      chmodSync(pathOfDescriptor(place), FULL_ACCESS);
      fd = openSync(toBytes(path), flags);
    } finally {
      closeSync(place);
    }
  }
  if (process.geteuid?.() !== 0) makeWritable(fd);
  return fd;
}

function makeWritable(fd: number): void {
  if ((fstatSync(fd).mode & FULL_ACCESS) === FULL_ACCESS) return;
  try {
    fchmodSync(fd, FULL_ACCESS);
  } catch (error) {
    // Somebody else's directory: if it cannot be emptied, the step that fails says so.
    if (!hasErrno(error, 'EPERM')) throw error;
  }
}

/** Deletes one tree below an open directory. */
class TreeRemoval {
  /** The path of the directory that holds the tree: not the tree's, so its own protection stays. */
  readonly #root: string;
  readonly #stop: () => boolean;
  readonly #lane: Lane;
  readonly #mountId: string | undefined;
  /** The open top of the tree, or of the subvolume in it, to which what lies too deep is moved. */
  #top: { readonly fd: number; readonly device: number } | undefined;
  #moved = 0;

  constructor(root: number, lane: Lane, stop: () => boolean) {
    this.#root = pathOfDescriptor(root);
    this.#stop = stop;
    this.#lane = lane;
    this.#mountId = mountIdOf(root);
  }

  /** Deletes whatever has this name in an open directory. */
  remove(parent: number, name: string, depth: number): void {
    if (this.#stop()) throw new Stopped();
    const path = `${pathOfDescriptor(parent)}/${name}`;
    try {
      this.#take(path, () => unlinkSync(toBytes(path)));
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return;
      if (!hasErrno(error, 'EISDIR', 'EPERM')) throw withRealPath(error);
      this.#removeDirectory(path, depth, error);
    }
  }

  #removeDirectory(path: string, depth: number, unlinkError: unknown): void {
    let fd: number;
    try {
      fd = openForRemoval(path);
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return;
      // No directory after all: then unlinking it failed for the reason it gave.
      throw withRealPath(hasErrno(error, 'ENOTDIR', 'ELOOP') ? unlinkError : error);
    }
    const outer = this.#top;
    try {
      if (mountIdOf(fd) !== this.#mountId) throw systemCallError('rmdir', system.errno.EBUSY, path);
      const device = fstatSync(fd).dev;
      if (outer?.device !== device) this.#top = { fd, device };
      this.#emptyWritable(fd, path, depth);
    } catch (error) {
      throw withRealPath(error);
    } finally {
      this.#top = outer;
      closeSync(fd);
    }
  }

  #emptyWritable(fd: number, path: string, depth: number): void {
    try {
      this.#empty(fd, path, depth);
    } catch (error) {
      if (!hasErrno(error, 'EROFS') || !makeSubvolumeWritable(fd)) throw error;
      this.#empty(fd, path, depth);
    }
  }

  /** Empties a directory and deletes it, again and again while others put new files into it. */
  #empty(fd: number, path: string, depth: number): void {
    for (let pass = 1; ; pass += 1) {
      const movedBefore = this.#moved;
      for (const name of fromLane(readdirSync(pathOfDescriptor(fd), 'latin1'), this.#lane)) {
        if (depth < MAX_DEPTH) this.remove(fd, name, depth + 1);
        else this.#removeDeep(fd, name);
      }
      try {
        unlessGone(() => this.#take(path, () => rmdirSync(toBytes(path))));
        return;
      } catch (error) {
        if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
        if (pass >= MAX_PASSES && this.#moved === movedBefore) throw error;
      }
    }
  }

  /** Does a step that changes an entry of a directory; where either is protected, again without the protection. */
  #take(path: string, step: () => void): void {
    try {
      step();
    } catch (error) {
      if (!hasErrno(error, 'EPERM') || !this.#unprotect(path)) throw error;
      step();
    }
  }

  /** @returns whether there was anything to take away. */
  #unprotect(path: string): boolean {
    const directory = path.slice(0, path.lastIndexOf('/'));
    const inDirectory = directory !== this.#root && clearProtection(`${directory}/.`);
    return clearProtection(toBytes(path)) || inDirectory;
  }

  /** Moves a directory up to the top of the tree, where a later pass finds it; deletes anything else. */
  #removeDeep(parent: number, name: string): void {
    const path = `${pathOfDescriptor(parent)}/${name}`;
    try {
      this.#take(path, () => unlinkSync(toBytes(path)));
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return;
      if (!hasErrno(error, 'EISDIR', 'EPERM')) throw error;
      this.#moveUp(path);
    }
  }

  #moveUp(path: string): void {
    const top = this.#top;
    if (top === undefined) return;
    for (;;) {
      this.#moved += 1;
      try {
        const to = `${pathOfDescriptor(top.fd)}/.deep-${thread}-${++movedByThread}`;
        unlessGone(() => this.#take(path, () => this.#take(to, () => renameSync(toBytes(path), to))));
        return;
      } catch (error) {
        // The name is taken by something of the tree's own: the next one.
        if (!hasErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
      }
    }
  }
}

/** Whether a text is the name of one entry of a directory, and so cannot lead out of it. */
export function isEntryName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}

/**
 * Deletes trees by their names in a directory. Blocks the calling thread. What is gone already counts as deleted; one
 * tree that cannot be deleted does not keep the others.
 * @param stop Asked before each entry; true ends it, with what was deleted by then gone.
 * @throws a system error when the directory itself cannot be opened.
 */
export function removeTreesNow(request: RemovalRequest, stop: () => boolean): RemovalReport {
  const { root, names, maxEntries = Number.POSITIVE_INFINITY, lane = onlyLane } = request;
  const failures: RemovalFailure[] = [];
  let entries = 0;
  const isOver = () => ++entries > maxEntries || stop();
  const rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    for (const name of fromLane(names, lane)) {
      try {
        new TreeRemoval(rootFd, lane, isOver).remove(rootFd, toBinary(name), 0);
      } catch (error) {
        if (error instanceof Stopped) return { finished: false, failures };
        failures.push({ name, error: toPlainError(error) });
      }
    }
  } finally {
    closeSync(rootFd);
  }
  return { finished: true, failures };
}
