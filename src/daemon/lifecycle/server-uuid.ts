import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../base/index.js';
import { systemErrorCode } from '../../errors/index.js';

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The identity of the daemon over restarts: drawn once and kept in the file `uuid` (containerd does the same, in
 * `<root>/io.containerd.grpc.v1.introspection/uuid`). A file that holds none is replaced.
 */
export async function serverUuid(directory: string): Promise<string> {
  const path = join(directory, 'uuid');
  const kept = await read(path);
  if (uuidPattern.test(kept)) return kept;
  const uuid = randomUUID();
  await makeDirectories(directory);
  await writeFile(`${path}.new`, uuid, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return uuid;
}

async function read(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
