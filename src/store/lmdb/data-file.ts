import { type FileHandle, open } from 'node:fs/promises';
import { DataLossError } from '../../errors/index.js';

/** The file in the directory of an environment that holds everything. */
export const dataFileName = 'data.mdb';

/**
 * The beginning of each of the two meta pages, as lmdb-js' LMDB writes it (dependencies/lmdb/libraries/liblmdb/mdb.c:
 * MDB_page_header, MDB_meta, MDB_db): offsets from the start of the page.
 */
const layout = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152, end: 160 } as const;
const magic = 0xbeefc0de;
const smallestPage = 512;
const largestPage = 65_536;

interface MetaPage {
  readonly pageSize: number;
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/**
 * Looks whether LMDB can be trusted with a file: opening one whose meta pages are damaged kills the process. `new`: it
 * is empty or missing. `doubtful`: it is shorter than its last page asks for, or ends inside a page; both can be left
 * by LMDB itself (the missing pages may be free ones), and both are what a truncated file looks like.
 * @param shown What the file is called in errors.
 * @throws DataLossError when it is no LMDB file, or its meta pages are damaged.
 */
export async function inspectDataFile(path: string, shown = path): Promise<'new' | 'sound' | 'doubtful'> {
  const file = await openIfThere(path);
  if (file === undefined) return 'new';
  try {
    const { size } = await file.stat();
    return size === 0 ? 'new' : judge(await readMetaPages(file, shown), size);
  } finally {
    await file.close();
  }
}

function judge(metas: readonly MetaPage[], size: number): 'sound' | 'doubtful' {
  const [first, ...others] = metas;
  if (first === undefined) return 'doubtful';
  const latest = others.reduce((best, meta) => (meta.transaction > best.transaction ? meta : best), first);
  const wanted = (latest.lastPage + 1n) * BigInt(latest.pageSize);
  return size % latest.pageSize === 0 && BigInt(size) >= wanted ? 'sound' : 'doubtful';
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

async function readMetaPage(file: FileHandle, { path, number, position }: PagePlace): Promise<MetaPage> {
  const bytes = Buffer.alloc(layout.end);
  const { bytesRead } = await file.read(bytes, 0, layout.end, position);
  if (bytesRead < layout.end) throw damaged(path, `it ends inside meta page ${number}`);
  const found = bytes.readUInt32LE(layout.magic);
  if (found !== magic) {
    throw damaged(path, `meta page ${number} begins with ${found.toString(16)}, want ${magic.toString(16)}`);
  }
  const pageSize = bytes.readUInt32LE(layout.pageSize);
  if (!isPageSize(pageSize)) throw damaged(path, `meta page ${number} says that pages have ${pageSize} bytes`);
  return {
    pageSize,
    lastPage: bytes.readBigUInt64LE(layout.lastPage),
    transaction: bytes.readBigUInt64LE(layout.transaction),
  };
}

function isPageSize(size: number): boolean {
  return size >= smallestPage && size <= largestPage && (size & (size - 1)) === 0;
}

/** The error for a data file that cannot be used. */
export function damaged(path: string, reason: string): DataLossError {
  return new DataLossError(`store file ${path} is damaged: ${reason}`);
}
