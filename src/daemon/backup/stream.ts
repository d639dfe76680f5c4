import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';

/** Few enough bytes to be one message, and enough to make the cost of a message small. */
const chunkBytes = 256 * 1024;

/** Where backups that are streamed are put together. */
function streamsOf(root: string): string {
  return path.join(root, 'io.strata.backup.v1.streams');
}

/** Deletes what a process that was killed has left of its streams. For whoever has the root, before the first stream. */
export async function clearStreams(root: string): Promise<void> {
  await rm(streamsOf(root), { recursive: true, force: true });
}

/**
 * The bytes of a new backup, of which nothing is left when the iteration ends.
 * @param root That of the store; the backup is put together in a directory below it.
 * @throws as `Store.backUp`.
 */
export async function* streamBackup(
  store: Pick<Store, 'backUp'>,
  root: string,
  { signal }: CallContext,
): AsyncGenerator<Uint8Array> {
  const directory = streamsOf(root);
  let own: string | undefined;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    own = await mkdtemp(path.join(directory, 'stream-'));
    const file = path.join(own, 'records.mdb');
    await store.backUp({ file, signal });
    for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) yield chunk;
  } catch (error) {
    throw fromSystemError(error);
  } finally {
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  }
}
