import { lstatSync, readdirSync } from 'node:fs';

/**
 * Whether there is a directory, no link to one, in which nothing is. Takes one look at its inode where nothing ever was
 * in it: entries that come or go move the time of its last change away from that of its birth, unless that is only some
 * milliseconds ago.
 */
export function isUntouchedDirectory(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isDirectory()) return false;
  return stats.mtimeMs === stats.birthtimeMs || readdirSync(path).length === 0;
}
