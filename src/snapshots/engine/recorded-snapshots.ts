import { DataLossError } from '../../errors/index.js';
import type { ReadTransaction, Store } from '../../store/index.js';
import type { DriverSnapshot } from '../driver/driver.js';
import { SnapshotTree } from '../records/tree.js';
import { driverSnapshot } from './staging.js';

/** How many records are read at once. */
const pageSize = 256;

/** Every snapshot that is recorded, page by page, so that no transaction stays open between them. */
export function* recordedSnapshots(store: Store, name: string): Generator<DriverSnapshot> {
  const tree = new SnapshotTree(name);
  for (let after: string | undefined; ; ) {
    // A record that cannot be read is reported by the recovery that follows; nothing can be restored by it.
    const page = store.read((tx) => tree.walk(tx, { after, limit: pageSize, onUnreadable: () => undefined }));
    for (const { record } of page) yield driverSnapshot(record);
    after = page.at(-1)?.name;
    if (page.length < pageSize) return;
  }
}

/** Whether an id is that of a committed snapshot; not when its record cannot be read. */
export function isCommitted(tree: SnapshotTree, tx: ReadTransaction, id: number): boolean {
  try {
    const key = tree.keyOfId(tx, id);
    return key !== undefined && tree.find(tx, key)?.kind === 'committed';
  } catch (error) {
    if (!(error instanceof DataLossError)) throw error;
    return false;
  }
}
