import type { ReadTransaction } from '../../store/index.js';
import type { SnapshotRecord } from '../records/record.js';
import type { EngineParts } from './parts.js';

/**
 * Removes snapshots that nothing keeps, in one transaction, which asks again. Their files follow in the background.
 * @param isUnkept Whether one may still go.
 * @returns the records of those that went.
 */
export async function collectSnapshots(
  { store, records, files }: EngineParts,
  ids: readonly number[],
  isUnkept: (tx: ReadTransaction, id: number) => boolean,
): Promise<readonly SnapshotRecord[]> {
  const collected = await store.write(
    (tx) =>
      ids.flatMap((id) => {
        const record = isUnkept(tx, id) ? records.findById(tx, id) : undefined;
        return record !== undefined && records.remove(tx, record) === id ? [record] : [];
      }),
    { frees: true },
  );
  for (const { id } of collected) files.deleteLater(String(id));
  return collected;
}
