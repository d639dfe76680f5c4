export { type Codec, numberCodec, presenceCodec, RecordReader, RecordWriter, textCodec } from './codec.js';
export type { BackupRequest } from './lmdb/backup.js';
export { openLmdbStore } from './lmdb/open.js';
export type { LmdbStoreOptions, Migration } from './lmdb/options.js';
export { type RestoredStore, type RestoreOptions, restoreLmdbStore, setLmdbStoreAside } from './lmdb/restore.js';
export type { Entry, Range, ReadTransaction, Store, WriteTransaction } from './store.js';
export { defineTable, type Key, type KeyPart, type KeyShape, type Table } from './table.js';
