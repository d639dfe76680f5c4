/** The work of the threads that unpack; both sides share this file. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { AbortedError } from '../../errors/index.js';
import { TarReader } from '../tar/reader.js';
import { type BlobPlace, decodeBlob } from './decode.js';
import { type ApplyOptions, LayerApplier } from './layer-applier.js';
import { type LayerLimits, requireRatio } from './limits.js';

/** What is done with a blob: a layer is unpacked into a directory, or the blob is decoded into a file, or only read. */
export type UnpackRequest =
  | ({ readonly what: 'digest'; readonly limits: LayerLimits } & CountedBlob)
  | ({ readonly what: 'layer'; readonly limits: LayerLimits } & ApplyOptions & CountedBlob)
  | ({ readonly what: 'file'; readonly to: string; readonly limits: LayerLimits } & CountedBlob);

/** A blob, and where to say how much of it has been read. */
export interface CountedBlob {
  readonly place: BlobPlace;
  /** One number. */
  readonly read: BigUint64Array<SharedArrayBuffer>;
}

/** What was read. */
export interface UnpackedBlob {
  /** The digest of the blob as it is stored. */
  readonly digest: string;
  /** The digest and the size of what it holds: of a layer, its diff ID. */
  readonly diffId: string;
  readonly plainBytes: number;
  /** False when a layer was unpacked without those below it, and cannot be. */
  readonly isComplete: boolean;
}

/**
 * Does a request.
 * @throws AbortedError when nobody wants it any more; and as `decodeBlob`, `TarReader` and `LayerApplier`.
 */
export async function unpack(request: UnpackRequest, stopped: () => boolean): Promise<UnpackedBlob> {
  switch (request.what) {
    case 'layer':
      return await unpackLayer(request, stopped);
    case 'file':
      return await unpackFile(request, stopped);
    case 'digest':
      return await digested(request, stopped, () => undefined);
  }
}

async function unpackLayer(
  request: Extract<UnpackRequest, { what: 'layer' }>,
  stopped: () => boolean,
): Promise<UnpackedBlob> {
  using applier = new LayerApplier(request);
  const reader = new TarReader(applier, request.limits);
  const blob = await digested(request, stopped, (bytes) => reader.write(bytes));
  reader.end();
  return { ...blob, isComplete: applier.finish() };
}

async function unpackFile(
  request: Extract<UnpackRequest, { what: 'file' }>,
  stopped: () => boolean,
): Promise<UnpackedBlob> {
  const fd = openSync(request.to, 'wx', 0o600);
  try {
    return await digested(request, stopped, (bytes) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    });
  } finally {
    closeSync(fd);
  }
}

async function digested(
  { place, read, limits }: UnpackRequest,
  stopped: () => boolean,
  take: (bytes: Buffer) => void,
): Promise<UnpackedBlob> {
  const [blob, content] = [createHash('sha256'), createHash('sha256')];
  let [storedBytes, plainBytes] = [0, 0];
  await decodeBlob(place, {
    stored: (bytes) => {
      if (stopped()) throw new AbortedError('unpacking was given up');
      blob.update(bytes);
      storedBytes += bytes.length;
      Atomics.store(read, 0, BigInt(storedBytes));
    },
    plain: (bytes) => {
      content.update(bytes);
      plainBytes += bytes.length;
      requireRatio(limits, storedBytes, plainBytes);
      take(bytes);
    },
  });
  return {
    digest: `sha256:${blob.digest('hex')}`,
    diffId: `sha256:${content.digest('hex')}`,
    plainBytes,
    isComplete: true,
  };
}
