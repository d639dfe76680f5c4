import { chmodSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectoriesNow } from '../../base/index.js';
import { fromSystemError, systemErrorCode } from '../../errors/index.js';
import { temporaryMountPrefix, unmountBelow } from '../../linux/index.js';

/** The mode of directories that are the daemon's alone. */
export const PRIVATE = 0o700;

/**
 * Makes a directory with exactly this mode, and those above it, unless it is there; one that is there keeps its mode.
 * @throws PermissionDeniedError, ResourceExhaustedError, or Unknown with the system's text.
 */
export function ensureDirectory(path: string, mode: number): void {
  try {
    if (makeDirectoriesNow(path, mode) !== undefined) chmodSync(path, mode);
  } catch (error) {
    throw fromSystemError(error, `failed to create directory ${path}`);
  }
}

/**
 * Deletes the directory of a trial, with what is still mounted in it: a process that is killed during a trial leaves both.
 * No such directory is success.
 * @throws PermissionDeniedError when this process may not unmount what is there, or an error of the system.
 */
export async function removeTrial(directory: string): Promise<void> {
  await unmountBelow(directory);
  await rm(directory, { recursive: true, force: true });
}

/**
 * Unmounts what a crash left of temporary mounts in a directory, and whatever else is mounted below it, and removes the mount
 * points. Deletes no file, whatever is still mounted. No such directory is success.
 * @throws an error of the system.
 */
export async function removeMountPoints(directory: string): Promise<void> {
  await unmountBelow(directory);
  const names = await namesIn(directory);
  for (const name of names.filter((each) => each.startsWith(temporaryMountPrefix))) await rmdir(join(directory, name));
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
