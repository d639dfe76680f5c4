import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeDirectories } from '../../base/index.js';
import { fromSystemError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';

/** Small enough for one message, and large enough to make the cost of a message small. */
const chunkBytes = 256 * 1024;

/** Where streamed backups are assembled. */
function streamsOf(root: string): string {
  return path.join(root, 'io.strata.backup.v1.streams');
}

/** Deletes what a killed process left of its streams. For the owner of the root, before the first stream. */
export async function clearStreams(root: string): Promise<void> {
  await rm(streamsOf(root), { recursive: true, force: true });
}

/**
 * The bytes of a new backup. Its file is deleted when the iteration ends.
 * @param root That of the store; the backup is assembled in a directory below it.
 * @throws as `Store.backup`.
 */
export async function* streamBackup(
  store: Pick<Store, 'backup'>,
  root: string,
  { signal }: CallContext,
): AsyncGenerator<Uint8Array> {
  const directory = streamsOf(root);
  let own: string | undefined;
  try {
    await makeDirectories(directory);
    own = await mkdtemp(path.join(directory, 'stream-'));
    const file = path.join(own, 'records.db');
    await store.backup(file, signal);
    for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) yield chunk;
  } catch (error) {
    throw fromSystemError(error);
  } finally {
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  }
}
