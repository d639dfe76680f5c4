import { DataLossError } from '../../errors/index.js';
import { metadataTable } from '../../metadata/index.js';
import { type DescribedFiles, snapshotsTable } from '../../snapshots/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { metadataPlaceOf } from '../scan/snapshot-records.js';
import type { ListedLayer } from './entry.js';

/** Whose layers are described. */
export interface RecordedScope {
  /** The snapshotter. */
  readonly name: string;
  /** What says where the files of a layer are; absent where its id does. */
  readonly described?: DescribedFiles | undefined;
}

/** What the records say of a layer, by its name in the back end; undefined for what is no layer, or cannot be read. */
export function recordedLayer(
  tx: ReadTransaction,
  { name: snapshotter, described }: RecordedScope,
  key: string,
): ListedLayer | undefined {
  try {
    const record = tx.get(snapshotsTable, [snapshotter, key]);
    if (record?.kind !== 'committed') return undefined;
    const description = described?.describe(tx, String(record.id));
    const files = description === undefined ? {} : { files: description };
    const place = metadataPlaceOf(key);
    const known = place === undefined ? undefined : tx.get(metadataTable, [place.namespace, snapshotter, place.key]);
    if (place === undefined || known?.backendKey !== key) return { key, record, metadata: undefined, ...files };
    return { key, record, metadata: { namespace: place.namespace, key: place.key, record: known }, ...files };
  } catch (error) {
    if (error instanceof DataLossError) return undefined;
    throw error;
  }
}
