/** The files that an image comes in: a directory, or an archive of one. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { fromSystemError, InvalidArgumentError, NotFoundError, throwIfAborted } from '../../errors/index.js';
import { resolveInRoot } from '../../linux/index.js';
import type { TarEntry } from '../tar/entry.js';
import { TarReader } from '../tar/reader.js';
import { type BlobPlace, compressionOf } from '../unpack/decode.js';
import { cleanSteps, parentOf } from '../unpack/entry-name.js';
import { unpackFile } from '../unpack/unpack.js';

/** Files by their names, which are those of an image's parts. Closing it deletes what was decoded. */
export interface SourceFiles extends AsyncDisposable {
  /** Where a file lies; undefined when there is none. */
  find(name: string): BlobPlace | undefined;
}

/** How files are opened. */
export interface OpenFilesOptions {
  /** A file that may be made, for an archive that is compressed as a whole. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a directory, or an archive, which may be compressed as a whole. An archive is not unpacked: its headers are read,
 * and what lies between them is passed over.
 * @throws NotFoundError when there is no such path; InvalidArgumentError when it is neither; and as `unpackFile`.
 */
export async function openSourceFiles(source: string, options: OpenFilesOptions): Promise<SourceFiles> {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) throw new NotFoundError(`image source ${source}`);
  if (stats.isDirectory()) return new DirectoryFiles(source);
  if (!stats.isFile()) throw new InvalidArgumentError(`image source ${source} is neither a directory nor a file`);
  const place = { path: source, offset: 0, length: stats.size };
  if (compressionOf(place) === 'none') return new ArchiveFiles(await indexArchive(place, options.signal));
  try {
    const { plainBytes } = await unpackFile(place, options.scratch, { signal: options.signal });
    const plain = { path: options.scratch, offset: 0, length: plainBytes };
    return new ArchiveFiles(await indexArchive(plain, options.signal), options.scratch);
  } catch (error) {
    await rm(options.scratch, { force: true });
    throw error;
  }
}

class DirectoryFiles implements SourceFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  find(name: string): BlobPlace | undefined {
    const file = resolveInRoot(this.#directory, name);
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats?.isFile() === true ? { path: file, offset: 0, length: stats.size } : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** A file of an archive, or another name that it links to. */
type Indexed = BlobPlace | { readonly link: string };

/** As many links as one name may lead through. */
const MAX_LINKS = 32;

class ArchiveFiles implements SourceFiles {
  readonly #index: ReadonlyMap<string, Indexed>;
  readonly #scratch: string | undefined;

  constructor(index: ReadonlyMap<string, Indexed>, scratch?: string) {
    this.#index = index;
    this.#scratch = scratch;
  }

  find(name: string): BlobPlace | undefined {
    let found = this.#index.get(cleanSteps(Buffer.from(name).toString('latin1')).join('/'));
    for (let links = 0; found !== undefined && 'link' in found; links += 1) {
      found = links < MAX_LINKS ? this.#index.get(found.link) : undefined;
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#scratch !== undefined) await rm(this.#scratch, { force: true });
  }
}

/** As many files as the archive of an image may have: three for each layer, and few others. */
const limits = { entries: 100_000, bytes: Number.MAX_SAFE_INTEGER };

/** Headers are read in blocks, so that content begins at the beginning of a piece. */
const BLOCK = 512;

/** After so many the event loop has its turn: half a millisecond. */
const BLOCKS_AT_ONCE = 128;

async function indexArchive(place: BlobPlace, signal: AbortSignal | undefined): Promise<Map<string, Indexed>> {
  const index = new Map<string, Indexed>();
  const fd = openSync(place.path, 'r');
  try {
    const entry = (each: TarEntry): void => {
      const indexed = indexedOf(each, { path: place.path, offset: reader.position, length: each.size });
      if (indexed !== undefined) index.set(cleanSteps(each.name).join('/'), indexed);
    };
    const reader = new TarReader({ entry, content: () => undefined, end: () => undefined }, limits);
    await readHeaders(fd, reader, signal);
    if (reader.position > place.length) throw new InvalidArgumentError('archive ends too early');
    return index;
  } catch (error) {
    throw fromSystemError(error, `image source ${place.path}`);
  } finally {
    closeSync(fd);
  }
}

async function readHeaders(fd: number, reader: TarReader, signal: AbortSignal | undefined): Promise<void> {
  const block = Buffer.alloc(BLOCK);
  for (let blocks = 1; !reader.ended; blocks += 1) {
    if (blocks % BLOCKS_AT_ONCE === 0) await setImmediate();
    throwIfAborted(signal);
    if (reader.skippable > 0) reader.skip();
    const read = readSync(fd, block, 0, BLOCK - (reader.position % BLOCK), reader.position);
    if (read === 0) reader.end();
    reader.write(block.subarray(0, read));
  }
}

function indexedOf({ type, name, linkName }: TarEntry, place: BlobPlace): Indexed | undefined {
  if (type === 'file') return place;
  if (type === 'link') return { link: cleanSteps(linkName).join('/') };
  if (type !== 'symlink') return undefined;
  const beside = linkName.startsWith('/') ? '' : parentOf(`/${cleanSteps(name).join('/')}`);
  return { link: cleanSteps(`${beside}/${linkName}`).join('/') };
}

/** @throws InvalidArgumentError when it is larger than such documents are; a system error. */
export function readDocument(place: BlobPlace, what: string): Buffer {
  if (place.length > MAX_DOCUMENT) throw new InvalidArgumentError(`${what} has ${place.length} bytes`);
  const bytes = Buffer.alloc(place.length);
  const fd = openSync(place.path, 'r');
  try {
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(fd, bytes, done, bytes.length - done, place.offset + done);
      if (read === 0) throw new InvalidArgumentError(`${what} ends too early`);
      done += read;
    }
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** As many bytes as containerd takes of a document (core/images/archive). */
const MAX_DOCUMENT = 8 * 2 ** 20;
