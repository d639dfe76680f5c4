import { stat, truncate } from 'node:fs/promises';
import { FailedPreconditionError, messageOf, NotImplementedError, throwIfAborted } from '../../errors/index.js';
import { temporaryMount } from '../mounts/temporary-mount.js';
import { growFileSystem, type ResizableType } from './grow-file-system.js';
import { findProgram, programOutput, runProgram } from './make-file-system.js';
import { fileSystemSize } from './superblock.js';

/** What a file system lies in. */
export interface Volume {
  readonly path: string;
  /** What mounting it takes beside the file system's own options. */
  readonly mountOptions: readonly string[];
  /** Bytes that it has. @throws a system error. */
  size(): Promise<number>;
  /** Gives it so many bytes. @throws a system error. */
  resize(size: number): Promise<void>;
}

/** A file with a file system. */
export function fileVolume(path: string): Volume {
  return {
    path,
    mountOptions: ['loop'],
    size: async () => (await stat(path)).size,
    resize: (size) => truncate(path, size),
  };
}

/** Which file system is to get which size. */
export interface ResizeFileSystem {
  readonly type: ResizableType;
  /** Where it lies; it is mounted nowhere. */
  readonly volume: Volume;
  /** The size of the volume afterwards, in bytes. */
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

/** A file system is made of blocks, of which the last one may not fit. */
const LARGEST_BLOCK = 64 * 2 ** 10;

/**
 * Whether a volume has a size, and the file system in it fills it. A mounted one may fill it although this says it does not.
 * @throws a system error.
 */
export async function isFilled(type: ResizableType, volume: Volume, size: number): Promise<boolean> {
  if ((await volume.size()) !== size) return false;
  return size - fileSystemSize(volume.path, type === 'xfs' ? 'xfs' : 'ext4') < LARGEST_BLOCK;
}

/**
 * Changes the size of a volume and of the file system in it. Nothing is done when they have the size already. When it
 * fails, the volume may have another size, and its file system is whole.
 * @throws NotImplementedError when a program for it is not installed.
 * @throws FailedPreconditionError for a xfs that is to become smaller, and for what is in an ext4 not having room.
 * @throws UnknownError with what a program said.
 */
export async function resizeFileSystem(request: ResizeFileSystem): Promise<void> {
  const { type, volume, size } = request;
  if (await isFilled(type, volume, size)) return;
  const before = await volume.size();
  await (type === 'xfs' ? growXfs(request, before) : resizeExt(request, before));
}

const KIB = 1024;

async function resizeExt({ volume, size, signal }: ResizeFileSystem, before: number): Promise<void> {
  const [check, resize] = [programOf('e2fsck'), programOf('resize2fs')];
  if (size > before) await volume.resize(size);
  // What a crash left in the journal is put in place, by which 1 is the status. A whole check would make `lost+found`,
  // and is not needed: hence the force.
  await runProgram(check, ['-p', volume.path], { signal, accept: [1] });
  const args = ['-f', volume.path, `${Math.floor(size / KIB)}K`];
  await (size < before ? shrinkExt(resize, args, { path: volume.path, signal }) : runProgram(resize, args, { signal }));
  if (size < before) await volume.resize(size);
}

interface ShrinkExt {
  readonly path: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes the file system in a volume smaller. A failed attempt requires a full check, which makes `lost+found`: both are done at
 * once, and a `lost+found` that was not there before is removed.
 * @throws FailedPreconditionError with what the program said, when what is in it has no room.
 */
async function shrinkExt(resize: string, args: readonly string[], { path, signal }: ShrinkExt): Promise<void> {
  const debugfs = programOf('debugfs');
  const had = (await programOutput(debugfs, ['-R', 'ls -p /', path], { signal })).includes('/lost+found/');
  try {
    await runProgram(resize, args, { signal });
  } catch (cause) {
    await runProgram(programOf('e2fsck'), ['-f', '-p', path], { accept: [1] });
    if (!had) await runProgram(debugfs, ['-w', '-R', 'rmdir lost+found', path]);
    throwIfAborted(signal);
    throw new FailedPreconditionError(`it cannot be made smaller: ${messageOf(cause)}`, { cause });
  }
}

async function growXfs({ volume, size, mountIn, signal }: ResizeFileSystem, before: number): Promise<void> {
  if (size < before) {
    throw new FailedPreconditionError(`a xfs cannot be made smaller: it has ${before} bytes, and ${size} are wanted`);
  }
  if (size > before) await volume.resize(size);
  const options = [...volume.mountOptions, 'nouuid', 'rw'];
  const mounts = [{ type: 'xfs', source: volume.path, target: '', options }];
  await using mounted = await temporaryMount(mounts, { directory: mountIn, signal });
  await growFileSystem({ type: 'xfs', point: mounted.path, size });
}
