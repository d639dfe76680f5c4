import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Whether a file system of its own is mounted at a directory; a bind mount from the file system around it is not told
 * apart. False when there is no such directory. Takes microseconds.
 */
export function isMountPoint(path: string): boolean {
  const at = lstatSync(path, { throwIfNoEntry: false });
  return at !== undefined && at.dev !== lstatSync(dirname(path)).dev;
}
