/**
 * Merges the layers of an overlay into one tree that shows what they show together (Documentation/filesystems/
 * overlayfs.rst). Files are copies, on shared blocks where the file system can, since a hard link to a file of a layer would
 * show in every container: as a second link, as a change of the inode, and as another inode once the file is written to.
 * The layers must not change meanwhile.
 */
import { type BigIntStats, chmodSync, lchownSync, linkSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import {
  getAttribute,
  hasErrno,
  listAttributes,
  setAttribute,
  setTimes,
  toBinary,
  toBytes,
} from '../../linux/index.js';
import type { Steps } from './copy-file.js';
import { copyEntry } from './tree-copy.js';

/** What to merge, and where to. */
export interface FlattenRequest {
  /** Directories, topmost first. */
  readonly layers: readonly string[];
  /** An empty directory. */
  readonly to: string;
  /** Where overlay keeps its attributes: `user` when it is mounted with `userxattr`. */
  readonly space: 'trusted' | 'user';
}

/** The text that begins errors about marks of overlay that only the kernel can merge. */
export const UNMERGEABLE = 'these layers cannot be merged';

const PERMISSIONS = 0o7777n;

/** A directory is its maker's alone until it is whole. */
const PRIVATE = 0o700;

/** Why a copy cannot get another name: it has as many as it can have, or may not have several. */
const CANNOT_LINK = ['EMLINK', 'EPERM', 'EOPNOTSUPP'];

/** A directory of the merged tree: those that it is made of, topmost first, and its own path. All are binary strings. */
interface Merged {
  readonly sources: readonly string[];
  readonly target: string;
}

/**
 * Merges the layers, a few microseconds per step.
 * @throws a system error; an error that begins with {@link UNMERGEABLE} for layers with `redirect_dir`, `metacopy` or
 * whiteouts inside of whiteouts, which only the kernel can resolve.
 */
export function* flattenInSteps({ layers, to, space }: FlattenRequest): Steps {
  yield* new Flattening(space).merge({ sources: layers.map(toBinary), target: toBinary(to) });
}

class Flattening {
  readonly #prefix: string;
  /** The copies of files that have several names, by `device:inode`. */
  readonly #copies = new Map<string, Buffer>();

  constructor(space: FlattenRequest['space']) {
    this.#prefix = `${space}.overlay.`;
  }

  *merge(directory: Merged): Steps {
    const sources = this.#visible(directory.sources);
    for (const [name, holders] of namesIn(sources)) {
      yield* this.#entry(holders, `${directory.target}/${name}`);
      yield;
    }
    // Last, since each new entry changed the time, and the mode may forbid them.
    this.#finish(sources[0] ?? '', directory.target);
  }

  /** The sources down to the first that hides those below it. */
  #visible(sources: readonly string[]): readonly string[] {
    const opaque = sources.findIndex((source) => this.#isOpaque(source));
    return opaque < 0 ? sources : sources.slice(0, opaque + 1);
  }

  #isOpaque(directory: string): boolean {
    if (this.#attribute(directory, 'redirect') !== undefined) throw unmergeable(directory, 'a renamed directory');
    const value = this.#attribute(directory, 'opaque')?.toString();
    if (value === 'x') throw unmergeable(directory, 'whiteouts of a nested overlay');
    return value === 'y';
  }

  #attribute(path: string, name: string): Buffer | undefined {
    try {
      return getAttribute(toBytes(path), this.#prefix + name);
    } catch (error) {
      if (hasErrno(error, 'ENOTSUP', 'EOPNOTSUPP')) return undefined;
      throw error;
    }
  }

  /** @param holders The paths of this name in each layer that has it, topmost first. */
  *#entry(holders: readonly string[], target: string): Steps {
    const sources: string[] = [];
    for (const holder of holders) {
      const stats = lstatSync(toBytes(holder), { bigint: true });
      if (!stats.isDirectory()) {
        if (sources.length === 0 && !isWhiteout(stats)) yield* this.#file(holder, target, stats);
        break;
      }
      sources.push(holder);
    }
    if (sources.length === 0) return;
    mkdirSync(toBytes(target), { mode: PRIVATE });
    yield* this.merge({ sources, target });
  }

  *#file(source: string, target: string, stats: BigIntStats): Steps {
    if (stats.isFile() && this.#attribute(source, 'metacopy') !== undefined) {
      throw unmergeable(source, 'a file whose content is in another layer');
    }
    const [from, to] = [toBytes(source), toBytes(target)];
    const key = `${stats.dev}:${stats.ino}`;
    const copy = this.#copies.get(key);
    if (copy !== undefined && link(copy, to)) return;
    yield* copyEntry({ from, to, stats });
    if (stats.nlink > 1n) this.#copies.set(key, to);
  }

  #finish(source: string, target: string): void {
    const [from, to] = [toBytes(source), toBytes(target)];
    const stats = lstatSync(from, { bigint: true });
    lchownSync(to, Number(stats.uid), Number(stats.gid));
    for (const name of listAttributes(from)) {
      const value = isOverlays(name) ? undefined : getAttribute(from, name);
      if (value !== undefined) setAttribute(to, name, value);
    }
    chmodSync(to, Number(stats.mode & PERMISSIONS));
    setTimes(to, stats);
  }
}

/** Each name with its paths in those of these directories that have it. */
function namesIn(sources: readonly string[]): ReadonlyMap<string, string[]> {
  const names = new Map<string, string[]>();
  for (const source of sources) {
    for (const name of readdirSync(toBytes(source), 'latin1')) {
      const holders = names.get(name);
      if (holders === undefined) names.set(name, [`${source}/${name}`]);
      else holders.push(`${source}/${name}`);
    }
  }
  return names;
}

function isWhiteout(stats: BigIntStats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0n;
}

/** Whether an attribute is overlay's own, whose meaning ends with the merge. */
function isOverlays(name: Buffer): boolean {
  return /^(trusted|user)\.overlay\./.test(name.toString('latin1'));
}

function link(from: Buffer, to: Buffer): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasErrno(error, ...CANNOT_LINK)) return false;
    throw error;
  }
}

function unmergeable(path: string, what: string): Error {
  return new Error(`${UNMERGEABLE}: ${toBytes(path).toString()} is ${what}`);
}
