/** Copies single files, in steps short enough to be taken in turns with those of others. */
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { cloneFile, copyRange, hasErrno, nextData } from '../../linux/index.js';

/** Work that pauses every few hundred microseconds and can be cancelled at each pause; then it has closed its files. */
export type Steps<T = void> = Generator<void, T, void>;

/** As much as one step copies. */
const STEP = 2 ** 20;

/** Opens no fifo that waits for a writer, follows no link, and leaves the time of the last access as it is. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Only its maker may touch a file until it is whole. */
const PRIVATE = 0o600;

/** Opens a file for reading without changing its access time, where this process owns it or is privileged. */
export function openForReading(path: Buffer): number {
  try {
    return openSync(path, READ | constants.O_NOATIME);
  } catch (error) {
    if (!hasErrno(error, 'EPERM')) throw error;
    return openSync(path, READ);
  }
}

/** Both ends of a copy, open. */
export interface OpenFiles {
  readonly from: number;
  readonly to: number;
  /** Of the file that is read. */
  readonly stats: BigIntStats;
}

/**
 * Copies the content of a regular file into a new one, on shared blocks where the file system can (FICLONE), else inside
 * the kernel, else by hand. Holes stay holes.
 * @param finish Called with both files open when the content is there.
 * @throws a system error: EEXIST when there is a file already, EFTYPE's likes for what is no regular file.
 */
export function* copyContent(from: Buffer, to: Buffer, finish: (files: OpenFiles) => void): Steps {
  const source = openForReading(from);
  try {
    const stats = fstatSync(source, { bigint: true });
    if (!stats.isFile()) throw new Error(`${from.toString()} became something else than a file while it was copied`);
    const target = openSync(to, NEW, PRIVATE);
    try {
      const files = { from: source, to: target, stats };
      yield* fill(files);
      finish(files);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function* fill(files: OpenFiles): Steps {
  const size = Number(files.stats.size);
  if (size === 0 || cloneFile(files.from, files.to)) return;
  for (let part = nextData(files.from, 0, size); part !== undefined; part = nextData(files.from, part.end, size)) {
    for (let offset = part.start; offset < part.end; ) {
      const copied = copyPiece(files, offset, Math.min(STEP, part.end - offset));
      // Somebody made the file shorter: what it had is gone.
      if (copied === 0) break;
      offset += copied;
      yield;
    }
  }
  ftruncateSync(files.to, size);
}

function copyPiece({ from, to }: OpenFiles, offset: number, length: number): number {
  return copyRange({ from, to, offset, length }) ?? copyByHand({ from, to, offset, length });
}

let buffer: Buffer | undefined;

function copyByHand(range: { from: number; to: number; offset: number; length: number }): number {
  const { from, to, offset, length } = range;
  buffer ??= Buffer.allocUnsafeSlow(STEP);
  const read = readSync(from, buffer, 0, length, offset);
  for (let written = 0; written < read; ) {
    written += writeSync(to, buffer, written, read - written, offset + written);
  }
  return read;
}
