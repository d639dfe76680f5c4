import { mkdir, open as openFile } from 'node:fs/promises';
import path from 'node:path';
import { open } from 'lmdb';
import type { Store } from '../store.js';
import { LmdbStore } from './lmdb-store.js';
import type { LmdbStoreOptions } from './options.js';
import { type ByteRoot, byteEncoding, TableSet } from './tables.js';

const maxReaders = 126;

export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  await prepareDirectory(options.path);
  const root = openRoot(options);
  root.readerCheck();
  const tables = new TableSet(
    root,
    options.tables.map(({ name }) => name),
  );
  return new LmdbStore({ path: options.path, root, tables, afterClose: async () => undefined });
}

/** Makes the directory and the files, so that LMDB finds them with modes that keep others out. */
async function prepareDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of ['data.mdb', 'lock.mdb']) {
    const file = await openFile(path.join(directory, name), 'a', 0o600);
    await file.close();
  }
}

function openRoot(options: LmdbStoreOptions): ByteRoot {
  return open<Buffer, Uint8Array>({
    path: options.path,
    noSubdir: false,
    ...byteEncoding,
    overlappingSync: false,
    maxDbs: options.tables.length + 2,
    maxReaders,
    ...(options.mapSize === undefined ? {} : { mapSize: options.mapSize }),
  });
}
