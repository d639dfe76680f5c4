import { FailedPreconditionError } from '../../errors/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { checkedKey } from '../api/requests.js';
import { type CallContext, throwIfCallAborted } from '../api/types.js';
import { holderOf } from '../records/holds.js';
import type { SnapshotRecords } from '../records/snapshot-records.js';
import { type EngineParts, nameIn, noSuchSnapshot } from './parts.js';

/** Remove. The record goes first; its files follow in the background, or before this resolves with `syncRemove`. */
export async function removeSnapshot(
  { store, records, leased, files }: EngineParts,
  key: string,
  call: CallContext,
): Promise<void> {
  const name = nameIn(call, checkedKey(key));
  const id = await store.write(
    (tx) => {
      throwIfCallAborted(call);
      const removed = records.remove(tx, name);
      leased.takeOff(tx, call, key);
      if (removed !== undefined) return removed;
      const found = records.findLayers(tx, name);
      if (found === undefined) throw noSuchSnapshot(key);
      throw new FailedPreconditionError(whyKept(records, tx, found.id));
    },
    { frees: true },
  );
  await files.delete(String(id), call);
}

function whyKept(records: SnapshotRecords, tx: ReadTransaction, id: number): string {
  if (records.hasChildren(tx, id)) return 'cannot remove snapshot with child';
  const holder = holderOf(tx, id);
  return `cannot remove snapshot of ${holder?.kind} ${JSON.stringify(holder?.name)}`;
}
