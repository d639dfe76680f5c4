import { randomBytes } from 'node:crypto';
import { close, constants, open as openFile, write } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ChangeBuffer } from './change-buffer.js';
import { blockBytes, blocksFor, encodeHead, headCount, type LogHead, saltBytes, sealRecord } from './log-format.js';
import { syncDirectory } from './marker.js';

/** The file in the directory of a store that holds its log. */
export const logFileName = 'changes.log';

/** How many blocks the ring of a new log has: 2 MiB. */
const ringBlocks = 512;

const openDescriptor = promisify(openFile);
const closeDescriptor = promisify(close);

/** A place in the log: behind the last record, or before one. */
export type LogPosition = Pick<LogHead, 'block' | 'sequence'>;

/** The size of a log file with so many blocks, in bytes. */
export function logFileBytes(blocks: number): number {
  return (headCount + blocks) * blockBytes;
}

/** Where a block lies in the file, in bytes. */
export function offsetOf(block: number, blocks: number): number {
  return (headCount + (block % blocks)) * blockBytes;
}

/** Where the head of a generation lies: the one before it stays, in case that this one is not written as a whole. */
function headOffset(generation: number): number {
  return (generation % headCount) * blockBytes;
}

/**
 * Makes the log of a store that has none. Its blocks are written, so that writing them again changes nothing but their
 * content; then one synchronised write is all that a record takes.
 */
export async function createLogFile(directory: string): Promise<LogHead> {
  const file = path.join(directory, logFileName);
  const head: LogHead = {
    generation: 1,
    state: 'closed',
    blocks: ringBlocks,
    block: 0,
    sequence: 1,
    salt: randomBytes(saltBytes),
    meta: Buffer.alloc(0),
  };
  const part = `${file}.part`;
  await rm(part, { force: true });
  await using handle = await open(part, 'wx', 0o600);
  const bytes = Buffer.alloc(logFileBytes(ringBlocks));
  encodeHead(head).copy(bytes, headOffset(head.generation));
  await handle.writeFile(bytes);
  await handle.sync();
  await rename(part, file);
  await syncDirectory(directory);
  return head;
}

/** The log of a store that is open. One write is under way at a time. */
export class LogFile {
  readonly #fd: number;
  readonly #salt = randomBytes(saltBytes);
  readonly #blocks: number;
  #generation: number;
  /** The first block that a recovery would need. */
  #start: number;
  #next: LogPosition;

  private constructor(fd: number, head: LogHead) {
    this.#fd = fd;
    this.#blocks = head.blocks;
    this.#generation = head.generation;
    this.#next = { block: head.block, sequence: head.sequence };
    this.#start = head.block;
  }

  /** @param head What the file says now. */
  static async open(directory: string, head: LogHead): Promise<LogFile> {
    // Each write is on disk when it returns; the times of the file need not be.
    const flags = constants.O_WRONLY | constants.O_DSYNC;
    return new LogFile(await openDescriptor(path.join(directory, logFileName), flags), head);
  }

  /** Behind the last record. */
  get position(): LogPosition {
    return this.#next;
  }

  /** How many blocks hold what a recovery would need. */
  get used(): number {
    return this.#next.block - this.#start;
  }

  /** Whether there is room for these changes now. */
  fits(changes: ChangeBuffer): boolean {
    return this.#place(changes).end - this.#start <= this.#blocks;
  }

  /** Writes the changes; they are on disk when it resolves. There must be room for them. */
  async append(changes: ChangeBuffer): Promise<void> {
    const { begin, end } = this.#place(changes);
    const record = changes.padded(blockBytes);
    sealRecord(changes.bytes, this.#next.sequence, this.#salt);
    await writeAll(this.#fd, record, offsetOf(begin, this.#blocks));
    this.#next = { block: end, sequence: this.#next.sequence + 1 };
  }

  /** A record is in one piece: one for which the ring is too short at its end goes to its beginning. */
  #place(changes: ChangeBuffer): { readonly begin: number; readonly end: number } {
    const length = blocksFor(changes.bytes.length);
    const { block } = this.#next;
    const left = this.#blocks - (block % this.#blocks);
    const begin = length <= left ? block : block + left;
    return { begin, end: begin + length };
  }

  /** Writes a head: from now on a recovery needs this meta page, and the records from a place on. */
  async note(state: LogHead['state'], meta: Buffer, { block, sequence }: LogPosition): Promise<LogHead> {
    const generation = this.#generation + 1;
    const head = { generation, state, blocks: this.#blocks, block, sequence, salt: this.#salt, meta };
    await writeAll(this.#fd, encodeHead(head), headOffset(generation));
    this.#generation = generation;
    this.#start = block;
    return head;
  }

  async close(): Promise<void> {
    await closeDescriptor(this.#fd);
  }
}

/** Writes at an offset; the callback interface, since it is the hot path of every change. */
function writeAll(fd: number, bytes: Buffer, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, offset, (error, written) => {
      if (error !== null) reject(error);
      else if (written === bytes.length) resolve();
      else writeAll(fd, bytes.subarray(written), offset + written).then(resolve, reject);
    });
  });
}
