// A file system that a measurement has for itself, in a file behind a loop device: what the machine's own disk is mounted
// with, and what else is on it, must not decide a row. One without a journal, mounted with `discard`, makes removals look
// eight times as slow.
import { execFile } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { unmountBelow } from './mounts.mjs';

const execute = promisify(execFile);

/** @typedef {'ext4' | 'xfs' | 'btrfs'} FileSystem */
/** @typedef {import('./undo.mjs').Undo} Undo */

/** @type {Readonly<Record<FileSystem, readonly string[]>>} */
const flags = {
  // Nothing is to be written in the background while something is measured.
  ext4: ['-F', '-q', '-O', 'has_journal', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: ['-f', '-q', '-m', 'reflink=1'],
  btrfs: ['-f', '-q'],
};

/**
 * Makes a file system and mounts it; both are undone.
 * @param {{ type?: FileSystem, gibibytes: number, parent: string, undo: Undo }} options `parent` has the file, which takes
 *   only as much room as is written to it.
 * @returns {Promise<string>} Where it is mounted. The path is short where that of the parent is, so that a socket fits in.
 */
export async function makeGround({ type = 'ext4', gibibytes, parent, undo }) {
  const directory = mkdtempSync(path.join(parent, 'strata-bench-'));
  undo.add(() => rmSync(directory, { recursive: true, force: true }));
  const [image, root] = [path.join(directory, 'image'), path.join(directory, 'fs')];
  mkdirSync(root);
  const file = openSync(image, 'w');
  ftruncateSync(file, gibibytes * 1024 ** 3);
  closeSync(file);
  await execute(`mkfs.${type}`, [...flags[type], image]);
  await execute('mount', ['-o', 'loop,nodiscard', image, root]);
  undo.add(() => unmountGround(root));
  return root;
}

/** @param {string} root */
async function unmountGround(root) {
  await unmountBelow(root);
  // One that is still held for a moment goes as soon as it is not, and its loop device with it.
  await execute('umount', [root]).catch(() => execute('umount', ['--lazy', root]));
}

/** Writes out all that was written to a file system. @param {string} directory Any on it. */
export async function synchronize(directory) {
  await execute('sync', ['--file-system', directory]);
}
