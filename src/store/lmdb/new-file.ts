import { rename } from 'node:fs/promises';
import path from 'node:path';
import { open } from 'lmdb';
import { inTemporaryDirectory, syncFile } from './backup.js';
import { dataFileName } from './data-file.js';
import { closeRoot, makeFiles } from './environment.js';
import { syncDirectory } from './marker.js';
import { byteEncoding } from './tables.js';

/**
 * Makes the data file of a new store: without records, and on disk as a whole before it has its name. LMDB alone leaves
 * the two pages of a new file to the kernel, and a power cut between them leaves a file that nobody can open.
 * @throws ResourceExhaustedError when the disk is full, and other errors of the system in their classes.
 */
export async function makeDataFile(directory: string): Promise<void> {
  await inTemporaryDirectory(directory, async (temporary) => {
    await makeFiles(temporary);
    await closeRoot(open<Buffer, Uint8Array>({ path: temporary, noSubdir: false, ...byteEncoding }));
    const made = path.join(temporary, dataFileName);
    await syncFile(made);
    await rename(made, path.join(directory, dataFileName));
  });
  await syncDirectory(directory);
}
