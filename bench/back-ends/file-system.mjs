// A file system of its own for each back end, in a file, so that what one takes can be told from the free space.
import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Room for ten whole copies of the layer, and some. */
const size = 4 * 1024 ** 3;

/** @type {Readonly<Record<'ext4' | 'xfs' | 'btrfs', readonly string[]>>} */
const quickly = {
  // Nothing is to be written in the background while something is measured.
  ext4: ['-F', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: ['-f', '-q', '-m', 'reflink=1'],
  btrfs: ['-f', '-q'],
};

/**
 * Makes one and mounts it.
 * @param {'ext4' | 'xfs' | 'btrfs'} type
 * @param {string} directory For the file and for the place to mount at.
 * @returns {Promise<{ root: string, unmount: () => Promise<void> }>}
 */
export async function mountFileSystem(type, directory) {
  const image = path.join(directory, 'image');
  const root = path.join(directory, 'mounted');
  const fd = openSync(image, 'w');
  ftruncateSync(fd, size);
  closeSync(fd);
  mkdirSync(root);
  await execute(`mkfs.${type}`, [...quickly[type], image]);
  await execute('mount', ['-o', 'loop', image, root]);
  return { root, unmount: async () => void (await execute('umount', ['--lazy', root])) };
}

/** Bytes that are in use, when everything has been written out. @param {string} root */
export async function bytesInUse(root) {
  await execute('sync', ['-f', root]);
  const { bsize, blocks, bfree } = statfsSync(root);
  return (blocks - bfree) * bsize;
}
