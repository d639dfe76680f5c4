import type { Store } from '../store/index.js';
import type { DriverSnapshot } from './driver.js';
import { driverSnapshot } from './staging.js';
import { SnapshotTree } from './tree.js';

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
