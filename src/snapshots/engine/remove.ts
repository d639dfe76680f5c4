import { FailedPreconditionError } from '../../errors/index.js';
import { type CallContext, throwIfCallAborted } from '../api/types.js';
import { type EngineParts, nameIn, noSuchSnapshot } from './parts.js';

/** Remove. The record goes first; its files follow in the background, or before this resolves with `syncRemove`. */
export async function removeSnapshot(
  { store, records, leased, files }: EngineParts,
  key: string,
  call: CallContext,
): Promise<void> {
  const name = nameIn(call, key);
  const id = await store.write(
    (tx) => {
      throwIfCallAborted(call);
      const removed = records.remove(tx, name);
      leased.takeOff(tx, call, key);
      if (removed !== undefined) return removed;
      if (records.has(tx, name)) throw new FailedPreconditionError('cannot remove snapshot with child');
      throw noSuchSnapshot(key);
    },
    { frees: true },
  );
  await files.delete(String(id), call);
}
