import { statfs } from 'node:fs/promises';
import {
  FailedPreconditionError,
  messageOf,
  ResourceExhaustedError,
  type StrataError,
  UnknownError,
} from '../../errors/index.js';

const ENOSPC = 28;
const EROFS = 30;
const EDQUOT = 122;

/** Below this many free bytes an input/output error of a commit is taken for a full disk. */
const noRoomBytes = 1024 * 1024;

interface FailedCommit {
  /** A promise that is already rejected, or about to be, with the error of LMDB. */
  readonly commitError?: unknown;
  readonly code?: unknown;
  readonly errno?: unknown;
}

/**
 * The error for the callers whose changes were in a commit that failed: ResourceExhausted when the disk is full,
 * FailedPrecondition when it is read-only, Unknown otherwise. LMDB reports a full disk as EIO when only a part of a page could be written, hence the look at
 * the free space.
 */
export async function explainFailedCommit(path: string, failure: unknown): Promise<StrataError> {
  const cause = await causeOf(failure);
  const context = `cannot write to store ${path}`;
  if (codeOf(cause) === EROFS) return new FailedPreconditionError(`${context}: read-only file system`, { cause });
  if (saysFull(cause) || (await isFull(path))) {
    return new ResourceExhaustedError(`${context}: no space left on device`, { cause });
  }
  return new UnknownError(`${context}: ${messageOf(cause)}`, { cause });
}

/** The error behind the one that lmdb-js rejects a write with. */
async function causeOf(failure: unknown): Promise<unknown> {
  if (!(failure instanceof Error)) return failure;
  try {
    await (failure as FailedCommit).commitError;
    return failure;
  } catch (error) {
    return error;
  }
}

function saysFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === ENOSPC || code === EDQUOT;
}

/** The number of the system's error: LMDB's are its own, Node's have them negative beside a text. */
function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { code, errno } = error as FailedCommit;
  return typeof errno === 'number' ? -errno : code;
}

async function isFull(path: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize < noRoomBytes;
  } catch {
    return false;
  }
}
