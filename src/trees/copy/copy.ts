import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AlreadyExistsError, fromSystemError, systemErrorCode, throwIfAborted } from '../../errors/index.js';
import { removeTrees } from '../remove-trees.js';
import { runCopy } from './copy-pool.js';

/** What to copy, and where to. */
export interface CopyOptions {
  readonly from: string;
  /** A path where nothing is, in a directory that is there; an empty directory for {@link copyTreeInto}. */
  readonly to: string;
  readonly signal?: AbortSignal | undefined;
}

/** What to copy of a tree, and where to. */
export interface CopyTreeOptions extends CopyOptions {
  /** Called when the top of the copy has been made, and nothing is in it. What it throws ends the copy. */
  readonly onMade?: () => void;
}

/**
 * Copies a tree with all that its files are: content, holes, owners, modes, times to the nanosecond, extended
 * attributes, hard links among them; symbolic links, devices, fifos and sockets as such. On a file system that can, the
 * content lies on shared blocks until one side is written to (FICLONE); else it is copied inside the kernel. Attributes
 * that only a privileged process may set are left out when this is none.
 *
 * Works in a thread; any number of copies go on at the same time and take turns. Nothing is synchronised with the disk.
 * When it fails or is aborted, nothing of the copy is left.
 * @throws AlreadyExistsError when something is at the new path; it is not touched.
 * @throws UnknownError with the system's text, `ENOENT` when there is no such tree.
 * @throws ResourceExhaustedError when the disk is full; PermissionDeniedError.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function copyTree({ from, to, signal, onMade }: CopyTreeOptions): Promise<void> {
  throwIfAborted(signal);
  await makeTop(to);
  try {
    onMade?.();
    await runCopy({ what: 'tree', from, to }, signal);
  } catch (error) {
    await removeTrees(dirname(to), [basename(to)]);
    throw error;
  }
}

/**
 * The same into a directory that is there and empty, such as a mount point; it gets what the top of the tree has. When it
 * fails or is aborted, what was copied by then is left.
 * @throws as {@link copyTree}, except AlreadyExistsError.
 */
export async function copyTreeInto({ from, to, signal }: CopyOptions): Promise<void> {
  throwIfAborted(signal);
  await runCopy({ what: 'tree', from, to }, signal);
}

/** Made here, so that what is in the way is not taken for a failed copy. It is the copy's alone until that is done. */
async function makeTop(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    throw inTheWay(error, path) ?? fromSystemError(error);
  }
}

function inTheWay(error: unknown, path: string): AlreadyExistsError | undefined {
  if (systemErrorCode(error) !== 'EEXIST') return undefined;
  return new AlreadyExistsError(path, { cause: error });
}

/**
 * Copies the content of a file, and nothing else, as {@link copyTree} does that of each.
 * @param options `mode`: that of the new file, exactly.
 */
export async function copyFile({ from, to, mode, signal }: CopyOptions & { readonly mode: number }): Promise<void> {
  throwIfAborted(signal);
  try {
    await runCopy({ what: 'content', from, to, mode }, signal);
  } catch (error) {
    const taken = error instanceof Error ? inTheWay(error.cause, to) : undefined;
    if (taken !== undefined) throw taken;
    await rm(to, { force: true });
    throw error;
  }
}
