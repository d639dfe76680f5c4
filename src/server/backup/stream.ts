import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError } from '../../errors/index.js';
import type { CallContext } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';

/** Few enough bytes to be one message, and enough to make the cost of a message small. */
const chunkBytes = 256 * 1024;

/**
 * The bytes of a new backup, of which nothing is left when the iteration ends.
 * @param directory Where it is put together; made when it is missing.
 * @throws as `Store.backUp`.
 */
export async function* streamBackup(
  store: Pick<Store, 'backUp'>,
  directory: string,
  { signal }: CallContext,
): AsyncGenerator<Uint8Array> {
  let own: string | undefined;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    own = await mkdtemp(path.join(directory, '.stream-'));
    const file = path.join(own, 'records.mdb');
    await store.backUp({ file, signal });
    for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) yield chunk;
  } catch (error) {
    throw fromSystemError(error);
  } finally {
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  }
}
