import { DataLossError } from '../../errors/index.js';
import { metadataTable } from '../../metadata/index.js';
import { snapshotsTable } from '../../snapshots/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { metadataPlaceOf } from '../snapshot-records.js';
import type { ListedLayer } from './entry.js';

/** What the records say of a layer, by its name in the back end; undefined for what is no layer, or cannot be read. */
export function recordedLayer(tx: ReadTransaction, snapshotter: string, key: string): ListedLayer | undefined {
  try {
    const record = tx.get(snapshotsTable, [snapshotter, key]);
    if (record?.kind !== 'committed') return undefined;
    const place = metadataPlaceOf(key);
    const known = place === undefined ? undefined : tx.get(metadataTable, [place.namespace, snapshotter, place.key]);
    if (place === undefined || known?.backendKey !== key) return { key, record, metadata: undefined };
    return { key, record, metadata: { namespace: place.namespace, key: place.key, record: known } };
  } catch (error) {
    if (error instanceof DataLossError) return undefined;
    throw error;
  }
}
