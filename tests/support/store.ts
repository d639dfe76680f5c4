import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootMigrations } from '../../src/daemon/parts/root-store.js';
import { openStore, type Store, type StoreOptions } from '../../src/store/index.js';

/** What can be chosen about a store for a test. */
export type StoreChoices = Omit<StoreOptions, 'directory' | 'migrations'>;

/** A store in a directory of its own; disposing of it closes the store and deletes the directory. */
export interface TemporaryStore extends AsyncDisposable {
  readonly store: Store;
  /** The directory of the store. */
  readonly directory: string;
}

/** Opens a store with the schema of a root. */
export function openStoreAt(directory: string, choices: StoreChoices = {}): Promise<Store> {
  return openStore({ directory, migrations: rootMigrations, ...choices });
}

/** Opens an empty store with the schema of a root, for a test. */
export async function temporaryStore(choices: StoreChoices = {}): Promise<TemporaryStore> {
  const parent = await mkdtemp(path.join(tmpdir(), 'strata-store-'));
  const remove = () => rm(parent, { recursive: true, force: true });
  const directory = path.join(parent, 'store');
  try {
    const store = await openStoreAt(directory, choices);
    return {
      store,
      directory,
      [Symbol.asyncDispose]: async () => {
        try {
          await store.close();
        } finally {
          await remove();
        }
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
