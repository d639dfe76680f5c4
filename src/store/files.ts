import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectories } from '../base/index.js';
import { systemErrorCode } from '../errors/index.js';

/** Makes an empty file that only its owner can read, unless it is there. One that is there is not opened. */
export function createFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

/** Makes a directory, for its owner only, unless it is there; a power cut does not undo it. */
export async function makeDirectory(directory: string): Promise<void> {
  const target = path.resolve(directory);
  const first = await makeDirectories(target);
  if (first === undefined) return;
  for (let made = target; made.length >= first.length; made = path.dirname(made)) await sync(path.dirname(made));
}

/** Puts a file, or the names in a directory, on disk. Not for a database file that is in use: see `LogSync`. */
export async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
