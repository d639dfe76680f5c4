import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { NotImplementedError } from '../../errors/index.js';
import { type Libc, libc } from '../calls/libc.js';
import { systemCallError } from '../calls/system-error.js';

const execute = promisify(execFile);

/**
 * Puts everything on a file system onto its disk, once for all callers that ask at the same time.
 *
 * A file system can be synchronised at once (syncfs(2)) or file by file (fsync(2)). For a layer of 1,000 files the first
 * took 11 ms where the second took 57 to 174 ms, for one of a single file 0.7 ms and 1.0 (docs/durability.md): each fsync
 * waits for the disk again. The price is that what others have written to the same file system is written out as well.
 *
 * A caller that asks while a synchronisation is under way may have written after it began, so it waits for the next one,
 * together with all others that asked meanwhile.
 */
export class GroupSync {
  readonly #directory: string;
  readonly #sync: (directory: string) => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param directory Any directory of the file system. */
  constructor(directory: string, sync: (directory: string) => Promise<void> = syncFileSystemOf) {
    this.#directory = directory;
    this.#sync = sync;
  }

  /**
   * Resolves when everything that was written before the call is on disk.
   * @throws a system error, `EIO` for instance, when it could not be written.
   */
  sync(): Promise<void> {
    this.#next ??= this.#queue();
    return this.#next;
  }

  async #queue(): Promise<void> {
    // A failure of the one before belongs to those who waited for it.
    await this.#running?.catch(() => undefined);
    this.#running = this.#next;
    this.#next = undefined;
    await this.#sync(this.#directory);
  }
}

/** Synchronises the file system of a directory, in a thread of Node's pool; by sync(1) where there is no addon for it. */
async function syncFileSystemOf(directory: string): Promise<void> {
  let c: Libc;
  try {
    c = libc();
  } catch (error) {
    if (!(error instanceof NotImplementedError)) throw error;
    await execute('sync', ['-f', directory]);
    return;
  }
  await syncInPool(c, directory);
}

async function syncInPool(c: Libc, directory: string): Promise<void> {
  // Opening a directory that is in use takes microseconds; the way to the pool and back, tens of them.
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await new Promise<void>((resolve, reject) => {
      c.syncfsLater(fd, (errno) => {
        if (errno === 0) resolve();
        else reject(systemCallError('syncfs', errno, directory));
      });
    });
  } finally {
    closeSync(fd);
  }
}
