import { stat, truncate } from 'node:fs/promises';
import { FailedPreconditionError, NotImplementedError } from '../errors/index.js';
import { findProgram, runProgram } from './make-file-system.js';
import { temporaryMount } from './temporary-mount.js';

/** Which file system is to get which size. */
export interface ResizeFileSystem {
  readonly type: 'ext4' | 'xfs';
  /** A file with the file system, which is mounted nowhere. */
  readonly path: string;
  /** The size of the file afterwards, in bytes. */
  readonly size: number;
  /** A directory to mount in, which a xfs has to be to grow; unmounted again afterwards, if the process lives. */
  readonly mountIn: string;
  readonly signal?: AbortSignal | undefined;
}

function programOf(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new NotImplementedError(`cannot change the size of a file system without ${name}`);
  return found;
}

/**
 * Changes the size of a file and of the file system in it. Nothing is done when it has the size already. When it fails,
 * the file may have another size, and its file system is whole.
 * @throws NotImplementedError when a program for it is not installed.
 * @throws FailedPreconditionError for a xfs that is to become smaller.
 * @throws UnknownError with what the program said, of what is in it not having room for instance.
 */
export async function resizeFileSystem(request: ResizeFileSystem): Promise<void> {
  const { size } = await stat(request.path);
  if (size === request.size) return;
  await (request.type === 'ext4' ? resizeExt4(request, size) : growXfs(request, size));
}

const KIB = 1024;

async function resizeExt4({ path, size, signal }: ResizeFileSystem, before: number): Promise<void> {
  const [check, resize] = [programOf('e2fsck'), programOf('resize2fs')];
  if (size > before) await truncate(path, size);
  // What a crash left in the journal is put in place, by which 1 is the status. A whole check would make `lost+found`,
  // and is not needed: hence the force.
  await runProgram(check, ['-p', path], { signal, accept: [1] });
  await runProgram(resize, ['-f', path, `${Math.floor(size / KIB)}K`], { signal });
  if (size < before) await truncate(path, size);
}

async function growXfs({ path, size, mountIn, signal }: ResizeFileSystem, before: number): Promise<void> {
  if (size < before) {
    throw new FailedPreconditionError(`a xfs cannot be made smaller: it has ${before} bytes, and ${size} are wanted`);
  }
  const grow = programOf('xfs_growfs');
  await truncate(path, size);
  const options = ['loop', 'nouuid', 'rw'];
  const mounts = [{ type: 'xfs', source: path, target: '', options }];
  await using mounted = await temporaryMount(mounts, { directory: mountIn, signal });
  await runProgram(grow, [mounted.path], { signal });
}
