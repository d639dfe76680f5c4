export type { Migration } from './migrate.js';
export { databaseName } from './new-database.js';
export { openStore, type StoreOptions } from './open.js';
export { type RestoredStore, type RestoreOptions, replacedStores, restoreStore } from './restore.js';
export { type SqlValue, type Statement, statement } from './statement.js';
export type { ReadTransaction, Store, WriteOptions, WriteTransaction } from './store.js';
