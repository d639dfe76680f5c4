import { open } from 'node:fs/promises';
import { mustRun } from '../run.js';

/** What a disk has on it. */
export type DiskFormat = 'empty' | 'ext4' | 'xfs';

const makers: Readonly<Record<Exclude<DiskFormat, 'empty'>, (file: string) => Promise<string>>> = {
  // With project quota, which is only counted when it is mounted so.
  ext4: (file) => mustRun('mkfs.ext4', ['-q', '-F', '-O', 'project,quota', '-E', 'quotatype=prjquota', file]),
  xfs: (file) => mustRun('mkfs.xfs', ['-q', '-f', file]),
};

/** Makes an image file for a disk of a second kernel; it takes only the room that is written. */
export async function makeDisk(file: string, format: DiskFormat, megabytes = 512): Promise<string> {
  await using handle = await open(file, 'wx');
  await handle.truncate(megabytes * 2 ** 20);
  if (format !== 'empty') await makers[format](file);
  return file;
}
