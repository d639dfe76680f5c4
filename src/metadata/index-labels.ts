import { throwIfAborted } from '../errors/index.js';
import type { Store } from '../store/index.js';
import { LabelIndex } from './label-index.js';
import { MetadataRecords } from './records.js';
import { numbersTable } from './tables.js';

/** How many records go into one transaction. */
const batch = 1000;

/**
 * Completes the index of labels where records were written before there was one. To be called at the start; does
 * nothing when all is indexed. Until then walks look at every snapshot.
 * @throws CanceledError when the signal is aborted; what is done by then stays done.
 */
export async function indexLabels(store: Store, signal?: AbortSignal): Promise<void> {
  const used = store.read((tx) => [...tx.keys(numbersTable)]);
  for (const [namespace, snapshotter] of used) {
    const index = new LabelIndex(namespace, snapshotter);
    if (!store.read((tx) => index.isComplete(tx))) await indexAll(store, { namespace, snapshotter, signal });
  }
}

async function indexAll(
  store: Store,
  { namespace, snapshotter, signal }: { namespace: string; snapshotter: string; signal: AbortSignal | undefined },
): Promise<void> {
  const records = new MetadataRecords(namespace, snapshotter);
  let after: string | undefined;
  let more = true;
  while (more) {
    throwIfAborted(signal);
    await store.write((tx) => {
      const page = records.page(tx, { after, limit: batch });
      for (const { key, record } of page) records.labels.add(tx, { ...record, key });
      more = page.length === batch;
      after = page.at(-1)?.key ?? after;
      if (!more) records.labels.markComplete(tx);
    });
  }
}
