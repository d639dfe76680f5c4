import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { WorkerEndedError, WorkerPool } from '../../base/index.js';
import { type ErrorCode, errorClasses, fromSystemError, InternalError, throwIfAborted } from '../../errors/index.js';
import type { BlobPlace } from './decode.js';
import type { ApplyOptions } from './layer-applier.js';
import { type LayerLimits, usualLimits } from './limits.js';
import type { CountedBlob, UnpackedBlob, UnpackRequest } from './unpack-tasks.js';

/** More threads would compete for the disk. */
const maxThreads = 4;

/** Whoever waits for an import waits long; others come first where cores are scarce. */
const threads = new WorkerPool<UnpackRequest, UnpackedBlob>({
  start: (options) => new Worker(new URL('./unpack-worker.js', import.meta.url), options),
  name: 'strata-unpack',
  threads: Math.min(maxThreads, availableParallelism()),
  niceness: 5,
});

/** How often a caller is told how much has been read, in milliseconds. */
const TELL_MS = 100;

/** How blobs are unpacked. */
export interface UnpackOptions {
  /** Default: {@link usualLimits}. */
  readonly limits?: LayerLimits | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told ten times a second, and at the end, how many bytes of the blob have been read. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/**
 * Unpacks a layer's archive, plain or compressed with gzip or zstd, into a directory that shows the layers below it; in a
 * thread, of which there are up to four. When this rejects the directory holds a part of the layer.
 * @throws InvalidArgumentError for a damaged archive, or an entry that no layer may have; ResourceExhaustedError when it is
 * larger than its limits, or the disk full; CanceledError or DeadlineExceededError when the signal is aborted, after the
 * thread has stopped.
 */
export function unpackLayer(
  place: BlobPlace,
  target: ApplyOptions,
  options: UnpackOptions = {},
): Promise<UnpackedBlob> {
  return run(options, (blob) => ({ what: 'layer', ...target, place, ...blob }));
}

/**
 * Writes what a blob holds into a new file, decoded when it is compressed. Runs and throws as `unpackLayer`.
 * @throws UnknownError with EEXIST when the file is there.
 */
export function unpackFile(place: BlobPlace, to: string, options: UnpackOptions = {}): Promise<UnpackedBlob> {
  return run(options, (blob) => ({ what: 'file', to, place, ...blob }));
}

/** Reads a blob, and what it holds when it is decoded. Runs and throws as `unpackFile`. */
export function digestBlob(place: BlobPlace, options: UnpackOptions = {}): Promise<UnpackedBlob> {
  return run(options, (blob) => ({ what: 'digest', place, ...blob }));
}

type Shared = Pick<CountedBlob, 'read'> & { readonly limits: LayerLimits };

async function run(
  { limits = usualLimits, signal, onRead }: UnpackOptions,
  requestOf: (shared: Shared) => UnpackRequest,
): Promise<UnpackedBlob> {
  const read = new BigUint64Array(new SharedArrayBuffer(BigUint64Array.BYTES_PER_ELEMENT));
  const tell = (): void => onRead?.(Number(Atomics.load(read, 0)));
  const timer = setInterval(tell, TELL_MS);
  try {
    const blob = await threads.run(requestOf({ limits, read }), { signal });
    tell();
    return blob;
  } catch (error) {
    throwIfAborted(signal);
    throw fromThread(error);
  } finally {
    clearInterval(timer);
  }
}

/** An error that a thread has thrown, in its class. */
function fromThread(error: unknown): unknown {
  if (error instanceof WorkerEndedError) return new InternalError(error.message, { cause: error.cause });
  if (!(error instanceof Error && 'code' in error && 'context' in error)) return fromSystemError(error);
  const { code, context } = error;
  if (typeof context !== 'string' || typeof code !== 'string' || !isErrorCode(code)) return fromSystemError(error);
  return new errorClasses[code](context, { cause: error });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorClasses, code);
}
