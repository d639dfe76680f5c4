import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '../../errors/index.js';

const name = 'in-use';

/**
 * Notes on disk that the store is open, so that the next start knows whether it was closed.
 * @returns Whether it was noted already: the last owner did not get to close the store.
 */
export async function markInUse(directory: string): Promise<boolean> {
  const isNew = await makeFile(path.join(directory, name));
  if (isNew) await syncDirectory(directory);
  return !isNew;
}

/** Takes the note back after a clean close. */
export async function unmarkInUse(directory: string): Promise<void> {
  await rm(path.join(directory, name), { force: true });
}

async function makeFile(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.close();
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Makes sure that the names in a directory survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
