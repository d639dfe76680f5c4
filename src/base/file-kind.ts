import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';

const REGULAR = 'a regular file';

/** What a file is, for a sentence: `a regular file`, `a directory`, `a FIFO`. */
export function fileKind(stats: Stats): string {
  if (stats.isFile()) return REGULAR;
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isFIFO()) return 'a FIFO';
  if (stats.isSocket()) return 'a socket';
  return stats.isBlockDevice() ? 'a block device' : 'a character device';
}

/**
 * Why a new file must not be renamed over what lies at a path: what is no regular file is used by others, a device node by all
 * of the machine. Symbolic links are not followed.
 * @returns undefined when nothing or a regular file lies there.
 * @throws a system error when that cannot be found out, other than ENOENT.
 */
export async function replaceProblem(path: string): Promise<string | undefined> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const kind = stats === undefined ? REGULAR : fileKind(stats);
  return kind === REGULAR ? undefined : `${path} is ${kind}: want a regular file there, or nothing`;
}
