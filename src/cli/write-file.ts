import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../errors/index.js';

/**
 * Writes what comes into a file that only its owner can read. When this resolves it is on disk, whole; when it rejects
 * the file is as it was, and nothing is left beside it.
 * @returns how many bytes it has.
 * @throws what the source throws; PermissionDeniedError, ResourceExhaustedError and others when it cannot be written.
 */
export async function writeWholeFile(file: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  const target = path.resolve(file);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${randomUUID()}`);
  try {
    const bytes = await write(temporary, source);
    await rename(temporary, target);
    await syncDirectory(path.dirname(target));
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw fromSystemError(error);
  }
}

async function write(file: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await open(file, 'wx', 0o600);
  try {
    let bytes = 0;
    for await (const chunk of source) {
      await handle.writeFile(chunk);
      bytes += chunk.length;
    }
    await handle.sync();
    return bytes;
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
