import { statfs } from 'node:fs/promises';
import { messageOf, ResourceExhaustedError, type StrataError, UnknownError } from '../../errors/index.js';

const ENOSPC = 28;
const EDQUOT = 122;

/** Below this many free bytes an input/output error of a commit is taken for a full disk. */
const noRoomBytes = 1024 * 1024;

interface FailedCommit {
  /** A promise that is already rejected, or about to be, with the error of LMDB. */
  readonly commitError?: unknown;
  readonly code?: unknown;
}

/**
 * The error for the callers whose changes were in a commit that failed: ResourceExhausted when the disk is full,
 * Unknown otherwise. LMDB reports a full disk as EIO when only a part of a page could be written, hence the look at
 * the free space.
 */
export async function explainFailedCommit(path: string, failure: unknown): Promise<StrataError> {
  const cause = await causeOf(failure);
  const context = `cannot write to store ${path}`;
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
  if (!(error instanceof Error)) return false;
  const { code } = error as FailedCommit;
  return code === ENOSPC || code === EDQUOT;
}

async function isFull(path: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize < noRoomBytes;
  } catch {
    return false;
  }
}
