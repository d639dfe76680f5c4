import type { CallContext } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { type Found, found } from './found.js';

/**
 * What SQLite finds wrong with its own file, and with what one table says of another. Reads all of it, in a worker.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted.
 */
export async function checkStore(store: Store, { signal }: CallContext): Promise<Found[]> {
  const problems = await store.verify(signal);
  return problems.map((problem) => {
    const message = `${problem}; "strata restore" puts the records of a backup in its place`;
    return found('damaged-store', { type: 'store' }, { path: store.file, message });
  });
}
