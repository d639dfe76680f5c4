import { readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Whether a directory lies on ext4 with a journal: there each fsync commits the journal, which has every change of
 * metadata until then (Documentation/filesystems/ext4/journal.rst). Other file systems may log one inode alone, and so
 * does ext4 without a journal write one alone.
 */
export function liesInOneJournal(directory: string): boolean {
  try {
    const { dev } = statSync(directory);
    const name = path.basename(readlinkSync(`/sys/dev/block/${major(dev)}:${minor(dev)}`));
    // The process that commits the journal; `<none>` where there is none (fs/ext4/sysfs.c).
    return /^\d+$/.test(readFileSync(`/sys/fs/ext4/${name}/journal_task`, 'utf8').trim());
  } catch {
    // Not on a block device of its own: btrfs, overlay, tmpfs. Or not ext4.
    return false;
  }
}

/** As gnu_dev_major(3). */
function major(device: number): number {
  const number = BigInt(device);
  return Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n));
}

/** As gnu_dev_minor(3). */
function minor(device: number): number {
  const number = BigInt(device);
  return Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n));
}
