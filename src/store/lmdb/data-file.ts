import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DataLossError } from '../../errors/index.js';
import { metaBytes, metaOffset } from './log-format.js';
import { metaMagic, metaPage } from './page-format.js';

/** The file in the directory of an environment that holds everything. */
export const dataFileName = 'data.mdb';

const smallestPage = 512;
const largestPage = 65_536;

interface MetaPage {
  readonly pageSize: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/** A data file at a first glance. */
export interface DataFileState {
  readonly state: 'new' | 'sound' | 'doubtful';
  /** In bytes; undefined for a new file. */
  readonly pageSize: number | undefined;
}

/**
 * Looks whether LMDB can be trusted with a file: opening one whose meta pages are damaged kills the process. `new`: it
 * is empty or missing. `doubtful`: it is shorter than its last page asks for, or ends inside a page; both can be left
 * by LMDB itself (the missing pages may be free ones), and both are what a truncated file looks like.
 * @param shown What the file is called in errors.
 * @throws DataLossError when it is no LMDB file, or its meta pages are damaged.
 */
export async function inspectDataFile(path: string, shown = path): Promise<DataFileState> {
  const file = await openIfThere(path);
  if (file === undefined) return absent;
  try {
    const { size } = await file.stat();
    return size === 0 ? absent : judge(await readMetaPages(file, shown), size);
  } finally {
    await file.close();
  }
}

const absent: DataFileState = { state: 'new', pageSize: undefined };

function judge(metas: readonly MetaPage[], size: number): DataFileState {
  const [first, ...others] = metas;
  if (first === undefined) return absent;
  const latest = others.reduce((best, meta) => (meta.transaction > best.transaction ? meta : best), first);
  const wanted = (latest.lastPage + 1n) * BigInt(latest.pageSize);
  const { pageSize } = latest;
  return { state: size % pageSize === 0 && BigInt(size) >= wanted ? 'sound' : 'doubtful', pageSize };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readMetaPages(file: FileHandle, path: string): Promise<MetaPage[]> {
  const first = await readMetaPage(file, { path, number: 0, position: 0 });
  const second = await readMetaPage(file, { path, number: 1, position: first.pageSize });
  return [first, second];
}

interface PagePlace {
  readonly path: string;
  readonly number: number;
  readonly position: number;
}

async function readMetaPage(file: FileHandle, place: PagePlace): Promise<MetaPage> {
  const bytes = Buffer.alloc(metaPage.end);
  const { bytesRead } = await file.read(bytes, 0, metaPage.end, place.position);
  return parseMetaPage(bytes, bytesRead, place);
}

function parseMetaPage(bytes: Buffer, length: number, { path, number }: PagePlace): MetaPage {
  if (length < metaPage.end) throw damaged(path, `it ends inside meta page ${number}`);
  const found = bytes.readUInt32LE(metaPage.magic);
  if (found !== metaMagic) {
    throw damaged(path, `meta page ${number} begins with ${found.toString(16)}, want ${metaMagic.toString(16)}`);
  }
  const pageSize = bytes.readUInt32LE(metaPage.pageSize);
  if (!isPageSize(pageSize)) throw damaged(path, `meta page ${number} says that pages have ${pageSize} bytes`);
  return {
    pageSize,
    lastPage: bytes.readBigUInt64LE(metaPage.lastPage),
    transaction: bytes.readBigUInt64LE(metaPage.transaction),
  };
}

function isPageSize(size: number): boolean {
  return size >= smallestPage && size <= largestPage && (size & (size - 1)) === 0;
}

/** The error for a data file that cannot be used. */
export function damaged(path: string, reason: string): DataLossError {
  return new DataLossError(`store file ${path} is damaged: ${reason}`);
}

/** The newest meta page of a data file. */
export interface DataFileMeta {
  readonly pageSize: number;
  readonly transaction: bigint;
  /** The part of the page that LMDB changes. */
  readonly bytes: Buffer;
}

/**
 * Reads the newest meta page of an open file, which is that of the last commit when no other is under way. Blocks, but
 * what LMDB has just written is in memory.
 * @throws DataLossError when the meta pages are damaged.
 */
export function readDataFileMeta(fd: number, path: string): DataFileMeta {
  const first = readMetaPageNow(fd, { path, number: 0, position: 0 });
  const second = readMetaPageNow(fd, { path, number: 1, position: first.pageSize });
  return first.transaction >= second.transaction ? first : second;
}

function readMetaPageNow(fd: number, place: PagePlace): DataFileMeta {
  const page = Buffer.alloc(metaOffset + metaBytes);
  const { pageSize, transaction } = parseMetaPage(page, readSync(fd, page, 0, page.length, place.position), place);
  return { pageSize, transaction, bytes: page.subarray(metaOffset) };
}

/** The transaction that such a part of a meta page is of. */
export function transactionOfMeta(bytes: Buffer): bigint {
  return bytes.readBigUInt64LE(metaPage.transaction - metaOffset);
}

/** Puts such a part into both meta pages. */
export async function writeDataFileMeta(file: FileHandle, pageSize: number, bytes: Buffer): Promise<void> {
  for (const number of [0, 1]) await file.write(bytes, 0, metaBytes, number * pageSize + metaOffset);
}
