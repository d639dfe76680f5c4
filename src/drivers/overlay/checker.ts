import { chmodSync, lchownSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { messageOf, NotFoundError, systemErrorCode, throwIfAborted } from '../../errors/index.js';
import { type Comparison, compareManifest, diskUsage, type ManifestRequest } from '../../linux/index.js';
import type {
  CallContext,
  CheckedFiles,
  CheckLevel,
  DriverChecker,
  FileProblem,
  FileReport,
  Usage,
} from '../../snapshots/index.js';
import { filesDirectory, MODES, manifestFile, snapshotDirectory, snapshotsDirectory, workDirectory } from './files.js';

/** How many entries of the snapshots directory are read at once. */
const LISTING_BATCH = 256;

/** Looks at the files below the root of an overlay driver, whether or not one is open. Nothing is made. */
export function overlayChecker(root: string): DriverChecker {
  return new OverlayChecker(root);
}

/** A directory that must be there, and how. */
interface Wanted {
  readonly path: string;
  readonly missing: FileProblem['kind'];
  /** Exact mode; undefined where a container may set it. */
  readonly mode: number | undefined;
  /** The mode to make it with where empty is all that it can have been; undefined where something is lost. */
  readonly remake: number | undefined;
}

class OverlayChecker implements DriverChecker {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  pathOf(id: string): string {
    return snapshotDirectory(this.#root, id);
  }

  async *ids(): AsyncIterable<string> {
    const path = snapshotsDirectory(this.#root);
    try {
      for await (const entry of await opendir(path, { bufferSize: LISTING_BATCH })) yield entry.name;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
      throw new NotFoundError(`directory ${path}`, { cause: error });
    }
  }

  async inspect(snapshot: CheckedFiles, level: CheckLevel, { signal }: CallContext): Promise<FileReport> {
    throwIfAborted(signal);
    const problems = this.#inspectDirectories(snapshot, level);
    const canGoOn = problems.every(({ kind }) => kind.startsWith('wrong-') && kind !== 'wrong-type');
    if (level === 'quick' || snapshot.kind !== 'committed' || !canGoOn) return { problems };
    const measured = await this.#measure(snapshot, signal);
    if (level === 'normal') return { problems: [...problems, ...measured] };
    const { problems: inside, compared } = await this.#compare(snapshot, signal);
    return { problems: [...problems, ...measured, ...inside], compared };
  }

  async #compare({ id }: CheckedFiles, signal: AbortSignal | undefined): Promise<Required<FileReport>> {
    const tree = filesDirectory(this.#root, id);
    const manifest = manifestFile(this.#root, id);
    try {
      const comparison = await compareManifest({ tree, manifest }, signal);
      return { problems: contentProblems(comparison, { tree, manifest }), compared: comparison.compared };
    } catch (error) {
      throwIfAborted(signal);
      const problem: FileProblem = { kind: 'unreadable-file', path: tree, message: messageOf(error), mendable: false };
      return { problems: [problem], compared: false };
    }
  }

  #wanted({ id, kind }: CheckedFiles): readonly Wanted[] {
    // In a view nobody writes, so that nothing can be lost with its directories.
    const remake = kind === 'view' ? MODES : undefined;
    const snapshot: Wanted = {
      path: snapshotDirectory(this.#root, id),
      missing: 'missing-directory',
      mode: MODES.snapshot,
      remake: remake?.snapshot,
    };
    const files: Wanted = {
      path: filesDirectory(this.#root, id),
      missing: 'missing-files-directory',
      mode: undefined,
      remake: remake?.files,
    };
    const work: Wanted = {
      path: workDirectory(this.#root, id),
      missing: 'missing-work-directory',
      mode: MODES.work,
      remake: MODES.work,
    };
    return kind === 'active' ? [snapshot, files, work] : [snapshot, files];
  }

  #inspectDirectories(snapshot: CheckedFiles, level: CheckLevel): FileProblem[] {
    const problems: FileProblem[] = [];
    for (const wanted of this.#wanted(snapshot)) {
      const stats = lookAt(wanted);
      if ('kind' in stats) problems.push(stats);
      else if (level !== 'quick') problems.push(...this.#inspectAttributes(wanted, stats));
      // What lies inside of a directory that is not there is not there either.
      if (problems.some(({ path }) => path === this.pathOf(snapshot.id) && 'kind' in stats)) return problems;
    }
    return problems;
  }

  #inspectAttributes({ path, mode }: Wanted, stats: Stats): FileProblem[] {
    // A container may give the top of its files any mode and owner.
    if (mode === undefined) return [];
    const problems: FileProblem[] = [];
    const has = stats.mode & 0o7777;
    if (has !== mode) {
      const message = `it has the mode ${octal(has)} and was made with ${octal(mode)}`;
      problems.push({ kind: 'wrong-mode', path, message, mendable: true });
    }
    const owner = lstatSync(snapshotsDirectory(this.#root));
    if (stats.uid !== owner.uid || stats.gid !== owner.gid) {
      const message = `it belongs to ${stats.uid}:${stats.gid} and must belong to ${owner.uid}:${owner.gid}`;
      problems.push({ kind: 'wrong-owner', path, message, mendable: true });
    }
    return problems;
  }

  async #measure({ id, usage }: CheckedFiles, signal: AbortSignal | undefined): Promise<FileProblem[]> {
    const path = filesDirectory(this.#root, id);
    try {
      const now = await diskUsage(path, { signal });
      return sameUsage(now, usage) ? [] : [usageProblem(path, now, usage)];
    } catch (error) {
      throwIfAborted(signal);
      return [{ kind: 'unreadable-file', path, message: messageOf(error), mendable: false }];
    }
  }

  mend(snapshot: CheckedFiles, problem: FileProblem): boolean {
    const wanted = this.#wanted(snapshot).find(({ path }) => path === problem.path);
    const still = this.#inspectDirectories(snapshot, 'normal').some(
      ({ kind, path, mendable }) => kind === problem.kind && path === problem.path && mendable,
    );
    if (wanted === undefined || !still) return false;
    if (problem.kind === 'wrong-mode' && wanted.mode !== undefined) chmodSync(wanted.path, wanted.mode);
    else if (problem.kind === 'wrong-owner') giveToOwner(wanted.path, snapshotsDirectory(this.#root));
    else if (problem.kind === 'missing-directory') this.#remakeAll(snapshot);
    else this.#remake(wanted);
    return true;
  }

  #remakeAll(snapshot: CheckedFiles): void {
    for (const wanted of this.#wanted(snapshot)) this.#remake(wanted);
  }

  #remake({ path, remake }: Wanted): void {
    if (remake === undefined) return;
    mkdirSync(path, { mode: remake });
    chmodSync(path, remake);
    giveToOwner(path, snapshotsDirectory(this.#root));
  }
}

/** What lies at a path where a directory must be, or what is wrong with that. */
function lookAt({ path, missing, remake }: Wanted): Stats | FileProblem {
  try {
    const stats = lstatSync(path);
    if (stats.isDirectory()) return stats;
    return { kind: 'wrong-type', path, message: 'it is no directory', mendable: false };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') {
      return { kind: missing, path, message: 'it is not there', mendable: remake !== undefined };
    }
    return { kind: 'unreadable-file', path, message: messageOf(error), mendable: false };
  }
}

function giveToOwner(path: string, above: string): void {
  const { uid, gid } = lstatSync(above);
  lchownSync(path, uid, gid);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/**
 * How far the allocated blocks of one and the same layer may lie apart: file systems allocate late, and differently
 * after a restore.
 */
const TOLERATED_PART = 0.05;
const TOLERATED_PER_INODE = 8192;

function sameUsage(now: Usage, then: Usage): boolean {
  const tolerated = then.size * TOLERATED_PART + then.inodes * TOLERATED_PER_INODE;
  return now.inodes === then.inodes && Math.abs(now.size - then.size) <= tolerated;
}

function usageProblem(path: string, now: Usage, then: Usage): FileProblem {
  const message =
    `it takes ${now.size} bytes in ${now.inodes} inodes, ` +
    `and took ${then.size} bytes in ${then.inodes} inodes when it was committed`;
  return { kind: 'usage-differs', path, message, mendable: false };
}

const contentKinds = {
  missing: 'content-missing',
  added: 'content-added',
  differs: 'content-differs',
  unreadable: 'unreadable-file',
} as const;

function contentProblems(
  { badManifest, differences, more }: Comparison,
  { tree, manifest }: ManifestRequest,
): FileProblem[] {
  const problems = differences.map(({ kind, path, detail }): FileProblem => {
    return { kind: contentKinds[kind], path: path === '' ? tree : `${tree}/${path}`, message: detail, mendable: false };
  });
  if (badManifest !== undefined) {
    problems.push({ kind: 'unreadable-manifest', path: manifest, message: badManifest, mendable: false });
  }
  if (more > 0) {
    const message = `there are ${more} more differences in this layer`;
    problems.push({ kind: 'content-differs', path: tree, message, mendable: false });
  }
  return problems;
}
