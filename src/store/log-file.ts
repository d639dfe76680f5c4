import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hasRoom } from './reserve.js';

/** In bytes: enough for any one group of removals. */
const least = 2 * 1024 * 1024;

/** In bytes: as long as the log gets before it begins again. */
const usual = 6 * 1024 * 1024;

/**
 * SQLite's log, through a descriptor of ours. That is allowed for this file only: closing any descriptor of the other two files of
 * a database drops SQLite's locks. The log exists as long as some connection is open.
 */
export class LogFile implements AsyncDisposable {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Opens the log of a database that some connection has read from. */
  static async open(database: string): Promise<LogFile> {
    return new LogFile(await open(`${database}-wal`, constants.O_RDWR));
  }

  /** Puts everything that has been committed on disk, in libuv's pool and not in the thread that commits. */
  sync(): Promise<void> {
    return this.#file.datasync();
  }

  /** Whether it has less room than a group of removals may need. */
  async isShort(): Promise<boolean> {
    return (await this.#file.stat()).size < least;
  }

  /** Reserves room for a group of removals, as far as there is any. Nothing may be committed meanwhile. */
  grow(): Promise<void> {
    return this.#growTo(least);
  }

  /**
   * Makes it as long as it gets, and puts that on disk: to synchronise what is written over does not commit the journal of the
   * file system, as that of a file that grows does. Nothing may be committed meanwhile.
   */
  async preallocate(): Promise<void> {
    await this.#growTo(usual);
    await this.sync();
  }

  /** SQLite ignores zeros behind its end, and overwrites them. */
  async #growTo(length: number): Promise<void> {
    const { size } = await this.#file.stat();
    await hasRoom(async () => void (await this.#file.write(Buffer.alloc(Math.max(0, length - size)), 0, null, size)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
