/**
 * Paths inside a tree that others may have made, for code that walks it.
 *
 * File names are bytes, not text, so they are kept as "binary strings" (latin1: one character per byte) and turned into
 * a Buffer for the system. And a tree can be deeper than the kernel takes a path, so that a long path is started again
 * from an open directory.
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { systemCallError } from './system-error.js';

/** O_PATH: a handle on the place, good for resolving from, that needs no permission to read it. */
export const O_PATH = 0o10000000;

/** Opens a directory only, and not through a symbolic link. */
export const DIRECTORY_ONLY = constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** A path that reaches this length is started again: the kernel takes 4095 bytes, and a name has up to 255. */
const LONG_PATH = 3500;

/** A binary string for a path from outside. */
export function toBinary(path: string): string {
  return Buffer.from(path).toString('latin1');
}

/** What to hand to the system for a binary string. */
export function toBytes(binary: string): Buffer {
  return Buffer.from(binary, 'latin1');
}

/** A path by which an open directory can be reached, whatever its own path has become. */
export function pathOfDescriptor(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** The same place by a path whose last step is no symbolic link, as {@link pathOfDescriptor} is. */
export function withoutMagicLink(path: string): string {
  return /^\/proc\/self\/fd\/\d+$/.test(path) ? `${path}/.` : path;
}

/** Opens a place without reading it; the caller closes it. */
export function openPlace(path: string): number {
  return openSync(toBytes(path), O_PATH | DIRECTORY_ONLY);
}

/** An error in terms of the real path, not of the descriptor that led there, which must still be open. */
export function withRealPath(error: unknown): unknown {
  if (!(error instanceof Error && 'path' in error && 'errno' in error && 'syscall' in error)) return error;
  const [, fd, rest] = /^\/proc\/self\/fd\/(\d+)(.*)$/s.exec(String(error.path)) ?? [];
  if (fd === undefined || typeof error.errno !== 'number') return error;
  const real = readlinkSync(pathOfDescriptor(Number(fd))) + (rest ?? '');
  return systemCallError(String(error.syscall), -error.errno, real);
}

/** An open directory that paths start from, kept until the last of them is done. */
interface Anchor {
  readonly fd: number;
  users: number;
}

/** A directory still to be visited. */
export interface PendingDirectory {
  readonly path: string;
  readonly anchor: Anchor | undefined;
}

/** The directories that a walk still has to visit, deepest first. Holds open what long paths start from. */
export class PendingDirectories implements Disposable {
  readonly #stack: PendingDirectory[] = [];
  readonly #anchors = new Set<Anchor>();

  /** @param path A binary string. */
  constructor(path: string) {
    this.#stack.push({ path, anchor: undefined });
  }

  /** Adds a directory inside one that {@link PendingDirectories.visit | is being visited}. */
  add(parent: PendingDirectory, name: string): void {
    if (parent.anchor !== undefined) parent.anchor.users += 1;
    this.#stack.push({ path: `${parent.path}/${name}`, anchor: parent.anchor });
  }

  /**
   * Calls back with the next directory, its path short enough for any name in it.
   * @returns false when there is none left.
   */
  visit(callback: (directory: PendingDirectory) => void): boolean {
    const next = this.#stack.pop();
    if (next === undefined) return false;
    try {
      if (next.path.length < LONG_PATH) callback(next);
      else this.#visitAnchored(next.path, callback);
    } finally {
      this.#release(next.anchor);
    }
    return true;
  }

  #visitAnchored(path: string, callback: (directory: PendingDirectory) => void): void {
    const anchor: Anchor = { fd: openPlace(path), users: 1 };
    this.#anchors.add(anchor);
    try {
      callback({ path: pathOfDescriptor(anchor.fd), anchor });
    } finally {
      this.#release(anchor);
    }
  }

  #release(anchor: Anchor | undefined): void {
    if (anchor === undefined) return;
    anchor.users -= 1;
    if (anchor.users > 0) return;
    this.#anchors.delete(anchor);
    closeSync(anchor.fd);
  }

  [Symbol.dispose](): void {
    for (const anchor of this.#anchors) closeSync(anchor.fd);
    this.#anchors.clear();
  }
}
