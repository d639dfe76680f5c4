/**
 * What differs between two trees: containerd's rule for the differences of a layer (continuity: fs/diff.go, sameFile), so that
 * a layer made of the changes is the layer that containerd makes.
 */
import { type BigIntStats, closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { canCallSystem, getAttribute, hasErrno, toBytes } from '../../linux/index.js';

/** What an entry is. */
export type EntryType = 'file' | 'directory' | 'symlink' | 'device' | 'fifo' | 'socket';

/** One difference. A directory that is gone stands for everything in it. */
export interface TreeChange {
  /** From the top of the tree, beginning with a slash. Bytes that are no UTF-8 are shown as U+FFFD. */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'deleted';
  /** Of what is there now; of what is gone when it was deleted. */
  readonly type: EntryType;
  /** Of a file, in bytes; 0 for others. */
  readonly size: number;
}

/** What to compare. */
export interface TreeComparison {
  /** The top of the tree as it was; undefined when there was nothing. */
  readonly before: string | undefined;
  /** The top of the tree as it is. */
  readonly after: string;
  /**
   * Directories of overlay layers: outside of what is in them, the trees are known to be the same. Undefined when nothing
   * is known: then both trees are walked.
   */
  readonly touched: readonly string[] | undefined;
}

/** A directory that is looked into. */
interface Place {
  /** A binary string, from the top: `/etc`, empty for the top itself. */
  readonly path: string;
  /** Where to look for names: the layers that have this directory; undefined to look into both trees. */
  readonly touched: readonly string[] | undefined;
}

/**
 * The differences, in the byte order of their paths, a directory before what is in it. What vanishes while it is looked at counts
 * as gone.
 * @returns undefined when it was stopped.
 * @throws a system error, when a tree cannot be read.
 */
export function compareTreesNow(comparison: TreeComparison, stop: () => boolean): TreeChange[] | undefined {
  const changes: TreeChange[] = [];
  const isComplete = compareDirectory({ ...comparison, stop, changes }, { path: '', touched: comparison.touched });
  return isComplete ? changes : undefined;
}

interface Comparing extends TreeComparison {
  readonly stop: () => boolean;
  readonly changes: TreeChange[];
}

/** @returns false when it was stopped. */
function compareDirectory(comparing: Comparing, place: Place): boolean {
  const { before, after, stop, changes } = comparing;
  return namesIn(place, before, after).every((name) => {
    if (stop()) return false;
    const path = `${place.path}/${name}`;
    const was = before === undefined ? undefined : look(before + path);
    const is = look(after + path);
    const kind = kindOf(was, is);
    if (kind !== undefined) changes.push(changeOf(path, kind, is ?? was));
    if (!isDirectory(is)) return true;
    // Where there was no directory, everything that is there now is new.
    const touched = isDirectory(was) ? place.touched?.filter((layer) => isDirectory(look(layer + path))) : undefined;
    return compareDirectory(comparing, { path, touched });
  });
}

/** Something in a tree, and where. */
interface Found {
  readonly file: Buffer;
  readonly stats: BigIntStats;
}

function look(path: string): Found | undefined {
  const file = toBytes(path);
  try {
    return { file, stats: lstatSync(file, { bigint: true }) };
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ESTALE')) return undefined;
    throw error;
  }
}

function isDirectory(found: Found | undefined): boolean {
  return found?.stats.isDirectory() === true;
}

/** The names that may differ, in byte order. */
function namesIn({ path, touched }: Place, before: string | undefined, after: string): string[] {
  const isWhole = touched === undefined || touched.some((layer) => hidesBelow(layer + path));
  const trees = isWhole ? [after, ...(before === undefined ? [] : [before]), ...(touched ?? [])] : touched;
  return [...new Set(trees.flatMap((tree) => names(tree + path)))].sort();
}

function names(path: string): string[] {
  try {
    return readdirSync(toBytes(path), 'latin1');
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ESTALE')) return [];
    throw error;
  }
}

/** What marks a directory of a layer that shows other names than its own and those of the same path below it. */
const marks = ['opaque', 'redirect'].flatMap((name) => [`trusted.overlay.${name}`, `user.overlay.${name}`]);

/** Whether a directory of a layer hides what is below it, or shows another directory (kernel: filesystems/overlayfs). */
function hidesBelow(path: string): boolean {
  if (!canCallSystem()) return true;
  try {
    return marks.some((mark) => getAttribute(toBytes(path), mark) !== undefined);
  } catch (error) {
    if (hasErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'ENOENT')) return false;
    throw error;
  }
}

function kindOf(was: Found | undefined, is: Found | undefined): TreeChange['kind'] | undefined {
  if (is === undefined) return was === undefined ? undefined : 'deleted';
  if (was === undefined) return 'added';
  return isSame(was, is) ? undefined : 'changed';
}

function isSame(was: Found, is: Found): boolean {
  const [a, b] = [was.stats, is.stats];
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.rdev !== b.rdev) return false;
  if (!hasSameCapabilities(was.file, is.file)) return false;
  // The time of a directory says only that something in it changed, which is told of by itself.
  if (a.isDirectory()) return true;
  if (a.size !== b.size || a.mtimeNs !== b.mtimeNs) return false;
  if (a.isSymbolicLink()) return readlinkSync(was.file, 'latin1') === readlinkSync(is.file, 'latin1');
  // Tools that set whole seconds may have set the time of another content back.
  const isWholeSecond = a.mtimeNs % 1_000_000_000n === 0n;
  return !(a.isFile() && isWholeSecond && a.size > 0n) || hasSameContent(was.file, is.file);
}

function hasSameCapabilities(was: Buffer, is: Buffer): boolean {
  if (!canCallSystem()) return true;
  const of = (file: Buffer) => {
    try {
      return getAttribute(file, 'security.capability')?.toString('latin1');
    } catch (error) {
      if (hasErrno(error, 'ENOTSUP', 'EOPNOTSUPP', 'ENOENT')) return undefined;
      throw error;
    }
  };
  return of(was) === of(is);
}

const blockBytes = 256 * 1024;

function hasSameContent(was: Buffer, is: Buffer): boolean {
  const [a, b] = [openSync(was, 'r'), openSync(is, 'r')];
  try {
    const [left, right] = [Buffer.alloc(blockBytes), Buffer.alloc(blockBytes)];
    for (;;) {
      const [read, other] = [readSync(a, left), readSync(b, right)];
      if (read !== other || left.compare(right, 0, other, 0, read) !== 0) return false;
      if (read === 0) return true;
    }
  } finally {
    closeSync(a);
    closeSync(b);
  }
}

function changeOf(path: string, kind: TreeChange['kind'], found: Found | undefined): TreeChange {
  const stats = found?.stats;
  const size = stats?.isFile() === true ? Number(stats.size) : 0;
  return { path: toBytes(path).toString(), kind, type: stats === undefined ? 'file' : typeOf(stats), size };
}

function typeOf(stats: BigIntStats): EntryType {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  return stats.isSocket() ? 'socket' : 'device';
}
