/** What the tests of the store share: a small schema, and stores in directories of their own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Migration } from './migrate.js';
import { openStore, type StoreOptions } from './open.js';
import { statement } from './statement.js';
import type { Store } from './store.js';

/** Items with labels. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE item (
        key TEXT PRIMARY KEY,
        size INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE label (
        key TEXT NOT NULL REFERENCES item (key) ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (key, name)
      ) STRICT, WITHOUT ROWID;
    `,
  },
];

/** An item, as a row. */
export interface Item {
  readonly key: string;
  readonly size: number;
}

/** Statements over the schema. */
export const sql = {
  add: statement('INSERT INTO item (key, size) VALUES (?, ?)'),
  label: statement("INSERT INTO label (key, name, value) VALUES (?, 'of', ?)"),
  remove: statement('DELETE FROM item WHERE key = ?'),
  get: statement<Item>('SELECT key, size FROM item WHERE key = ?'),
  all: statement<Item>('SELECT key, size FROM item ORDER BY key'),
  labels: statement<{ readonly key: string }>('SELECT key FROM label ORDER BY key'),
} as const;

/** A directory that is deleted after the test. */
export async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-store-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens the store of a directory. */
export function open(directory: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  return openStore({ directory: path.join(directory, 'store'), migrations, ...options });
}

/** Adds an item with a label. */
export function add(store: Store, key: string, size = 0): Promise<void> {
  return store.write((tx) => {
    tx.run(sql.add, key, size);
    tx.run(sql.label, key, 'a label');
  });
}

/** The keys of all items. */
export function keysOf(store: Store): string[] {
  return store.read((tx) => tx.all(sql.all)).map(({ key }) => key);
}
