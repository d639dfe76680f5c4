import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { InvalidArgumentError, messageOf } from '../../errors/index.js';
import { zstdFrames } from './zstd-frames.js';

/** Where in a file the bytes of a blob lie. */
export interface BlobPlace {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** How the bytes of an archive are packed. */
export type Compression = 'gzip' | 'zstd' | 'none';

/** As much as is read at once, and as much as a decoder gives at once: with 16 KiB it takes three times as long. */
const READ_BYTES = 2 ** 20;
const DECODED_BYTES = 2 ** 18;

const GZIP_MAGIC = 0x1f8b;
const ZSTD_MAGICS = /^(28b52ffd|5.2a4d18)/;
const MAGIC_BYTES = 4;

/** How an archive is packed, by its first bytes; what its descriptor calls it counts for nothing. */
export function compressionOf({ path, offset, length }: BlobPlace): Compression {
  const magic = Buffer.alloc(MAGIC_BYTES);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, magic, 0, Math.min(MAGIC_BYTES, length), offset);
  } finally {
    closeSync(fd);
  }
  if (magic.readUInt16BE() === GZIP_MAGIC) return 'gzip';
  return ZSTD_MAGICS.test(magic.toString('hex')) ? 'zstd' : 'none';
}

/** Who is told of the bytes of an archive. */
export interface DecodeSink {
  /** Bytes as they are stored. */
  stored(bytes: Buffer): void;
  /** Bytes as they are unpacked. */
  plain(bytes: Buffer): void;
}

/**
 * Reads a blob, and decodes it when it is compressed: several gzip members, and several zstd frames, one after the other. Keeps
 * little more than a megabyte in memory.
 * @throws what the sink throws; InvalidArgumentError when the stream is damaged or cut off; a system error.
 */
export async function decodeBlob(place: BlobPlace, sink: DecodeSink): Promise<void> {
  const compression = compressionOf(place);
  const stored = storedChunks(place, sink);
  let failure: { readonly error: unknown } | undefined;
  const deliver = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      try {
        sink.plain(chunk);
      } catch (error) {
        failure = { error };
        throw error;
      }
    }
  };
  if (compression === 'none') return deliver(stored);
  try {
    const source = Readable.from(compression === 'zstd' ? zstdFrames(stored) : stored, { objectMode: false });
    await pipeline(source, decoder(compression), deliver);
  } catch (thrown) {
    // Node 22 may say only that the pipeline was given up.
    const error = failure === undefined ? thrown : failure.error;
    if (!isDecoderError(error)) throw error;
    throw new InvalidArgumentError(`layer is a damaged ${compression} stream: ${messageOf(error)}`, { cause: error });
  }
}

async function* storedChunks({ path, offset, length }: BlobPlace, sink: DecodeSink): AsyncGenerator<Buffer> {
  if (length === 0) return;
  const options = { start: offset, end: offset + length - 1, highWaterMark: READ_BYTES };
  for await (const chunk of createReadStream(path, options) as AsyncIterable<Buffer>) {
    sink.stored(chunk);
    yield chunk;
  }
}

function decoder(compression: Exclude<Compression, 'none'>): Transform {
  const options = { chunkSize: DECODED_BYTES };
  return compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
}

function isDecoderError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZSTD)/.test(String(error.code));
}
