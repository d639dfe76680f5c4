/**
 * What the log of a store looks like on disk. All numbers are little-endian.
 *
 *     two heads of 4 KiB, of which the one with the higher generation counts; each is written as a whole
 *     a ring of blocks of 4 KiB; each record begins with a block and fills it up, so that none is written twice
 *
 * Everything carries a digest, so that what a power cut left half-written is told from what was written. Those of records
 * begin with a random salt that changes at each start: nothing that an earlier process or a client wrote passes for one.
 */
import { createHash } from 'node:crypto';
import { recordHeadBytes } from './change-buffer.js';

/** The size of a block and of a head, in bytes. */
export const blockBytes = 4096;

/** How many heads there are. */
export const headCount = 2;

/** How many bytes of a meta page LMDB changes; they lie at {@link metaOffset} in it (mdb.c: MDB_meta). */
export const metaBytes = 144;

/** Where the part of a meta page begins that LMDB changes: behind lmdb-js' page header. */
export const metaOffset = 24;

/** How long a salt is, in bytes. */
export const saltBytes = 16;

const magic = Buffer.from('strata log 0001\n', 'latin1');
const digestBytes = 32;

/** What a head says. */
export interface LogHead {
  /** Grows by one with each head that is written. */
  readonly generation: number;
  /**
   * Open: the data file is what `meta` says and the changes from `block` on, whatever else lies in it. Closed: the data
   * file is complete by itself.
   */
  readonly state: 'closed' | 'open';
  /** How many blocks the ring has. */
  readonly blocks: number;
  /** Where the first record is that counts, in blocks from the beginning of time; and its number. */
  readonly block: number;
  readonly sequence: number;
  readonly salt: Buffer;
  /** The meta page of the last commit that is wholly on disk, from {@link metaOffset} on. */
  readonly meta: Buffer;
}

const at = { generation: 16, state: 24, blocks: 28, block: 32, sequence: 40, salt: 48, meta: 64 } as const;

function digestOf(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** A head as bytes. */
export function encodeHead(head: LogHead): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  magic.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(head.generation), at.generation);
  bytes.writeUInt32LE(head.state === 'open' ? 1 : 0, at.state);
  bytes.writeUInt32LE(head.blocks, at.blocks);
  bytes.writeBigUInt64LE(BigInt(head.block), at.block);
  bytes.writeBigUInt64LE(BigInt(head.sequence), at.sequence);
  head.salt.copy(bytes, at.salt, 0, saltBytes);
  head.meta.copy(bytes, at.meta, 0, metaBytes);
  const end = blockBytes - digestBytes;
  digestOf(bytes.subarray(0, end)).copy(bytes, end);
  return bytes;
}

/** A head; undefined when these bytes are none, or were written by halves. */
export function decodeHead(bytes: Buffer): LogHead | undefined {
  const end = blockBytes - digestBytes;
  if (bytes.length < blockBytes || !bytes.subarray(0, magic.length).equals(magic)) return undefined;
  if (!digestOf(bytes.subarray(0, end)).equals(bytes.subarray(end, blockBytes))) return undefined;
  return {
    generation: Number(bytes.readBigUInt64LE(at.generation)),
    state: bytes.readUInt32LE(at.state) === 1 ? 'open' : 'closed',
    blocks: bytes.readUInt32LE(at.blocks),
    block: Number(bytes.readBigUInt64LE(at.block)),
    sequence: Number(bytes.readBigUInt64LE(at.sequence)),
    salt: Buffer.from(bytes.subarray(at.salt, at.salt + saltBytes)),
    meta: Buffer.from(bytes.subarray(at.meta, at.meta + metaBytes)),
  };
}

const inRecord = { sequence: digestBytes, length: digestBytes + 8 } as const;

/** How many blocks a record takes with so many bytes, its head included. */
export function blocksFor(bytes: number): number {
  return Math.ceil(bytes / blockBytes);
}

/** Fills in the head of a record. @param record Room for the head, and the changes. */
export function sealRecord(record: Buffer, sequence: number, salt: Buffer): void {
  record.writeBigUInt64LE(BigInt(sequence), inRecord.sequence);
  record.writeUInt32LE(record.length - recordHeadBytes, inRecord.length);
  record.fill(0, inRecord.length + 4, recordHeadBytes);
  digestOf(salt, record.subarray(digestBytes)).copy(record);
}

/**
 * The changes of the record that begins here, and its size.
 * @returns undefined when there is none with this number, or one that was written by halves.
 */
export function openRecord(bytes: Buffer, sequence: number, salt: Buffer): Buffer | undefined {
  if (bytes.length < recordHeadBytes) return undefined;
  if (bytes.readBigUInt64LE(inRecord.sequence) !== BigInt(sequence)) return undefined;
  const end = recordHeadBytes + bytes.readUInt32LE(inRecord.length);
  if (end > bytes.length) return undefined;
  if (!digestOf(salt, bytes.subarray(digestBytes, end)).equals(bytes.subarray(0, digestBytes))) return undefined;
  return bytes.subarray(recordHeadBytes, end);
}
