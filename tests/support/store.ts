import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openLmdbStore, type Store } from '../../src/store/index.js';

/** A store in a directory of its own; disposing of it closes the store and deletes the directory. */
export interface TemporaryStore extends AsyncDisposable {
  readonly store: Store;
  /** The directory of the store. */
  readonly path: string;
}

/** Opens an empty store for a test. */
export async function temporaryStore(tables: readonly { readonly name: string }[]): Promise<TemporaryStore> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-store-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const store = await openLmdbStore({ path: path.join(directory, 'store'), tables });
    return {
      store,
      path: store.path,
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
