import { randomBytes } from 'node:crypto';
import { type FileHandle, open, statfs } from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from '../errors/index.js';

/** In bytes: as much as a checkpoint of a full log adds to the database file, and a beginning of a log beside it. */
export const reserveSize = 8 * 1024 * 1024;

/** Written repeatedly. Random, since a file system may compress anything else. */
const filling = randomBytes(256 * 1024);

/** The kernel's errors when there is no room. */
const noRoom = new Set(['ENOSPC', 'EDQUOT']);

/**
 * A file that reserves room on the disk, for when the disk is full. It is emptied rather than deleted, so that it can be filled
 * again on a disk that has no inode left.
 */
export class Reserve implements AsyncDisposable {
  /** Its path. It may be emptied through that at any time. */
  readonly path: string;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, name: string) {
    this.#file = file;
    this.path = name;
  }

  /** Opens the one in a directory, or makes an empty one. */
  static async open(directory: string): Promise<Reserve> {
    const name = path.join(directory, 'reserve');
    return new Reserve(await open(name, 'a', 0o600), name);
  }

  /** Whether the disk seems to have room for all of it, and to grow. A quota may say otherwise. */
  async mayFit(): Promise<boolean> {
    const [{ bavail, bsize }, { size }] = await Promise.all([statfs(path.dirname(this.path)), this.#file.stat()]);
    return bavail * bsize >= reserveSize - size + filling.length;
  }

  /** Fills it to its size, or as far as there is room. @returns false when the disk has no room for all. */
  async fill(): Promise<boolean> {
    const { size, blocks } = await this.#file.stat();
    // A power cut may have left a file of zeros that takes no room.
    if (blocks * 512 < size) await this.empty();
    return hasRoom(async () => {
      for (let left = reserveSize - (await this.#file.stat()).size; left > 0; ) {
        left -= (await this.#file.write(filling, 0, Math.min(left, filling.length))).bytesWritten;
      }
    });
  }

  /** Gives its room back. */
  async empty(): Promise<void> {
    await this.#file.truncate(0);
  }

  /** Whether a file beside it could grow, by trying that with this one. */
  async canGrow(): Promise<boolean> {
    const { size } = await this.#file.stat();
    const grew = await hasRoom(() => this.#file.appendFile(filling));
    await this.#file.truncate(size);
    return grew;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/** Whether a write finds room. @throws any other error of it. */
export async function hasRoom(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (noRoom.has(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}
