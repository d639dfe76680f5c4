import { parseFilters } from '../../filters/index.js';
import { infoFields } from '../api/info-fields.js';
import { checkedFilters } from '../api/requests.js';
import type { WalkRequest } from '../api/snapshotter.js';
import { type CallContext, type Info, throwIfCallAborted } from '../api/types.js';
import { candidatesOf } from '../records/candidates.js';
import type { SnapshotRecord } from '../records/record.js';
import { type EngineParts, infoOf } from './parts.js';

const pageSize = 256;

/**
 * The snapshots of the call's namespace that match, in the byte order of their names. Each page is a transaction of its
 * own, so that no transaction is open while a slow caller reads.
 */
export async function* walkSnapshots(
  { store, records, driver }: EngineParts,
  request: WalkRequest,
  call: CallContext,
): AsyncGenerator<readonly Info[]> {
  const filter = parseFilters(checkedFilters(request.filters));
  const namespace = call.namespace ?? '';
  const computes = driver.shownLabels?.({ id: '0', kind: 'active' }) !== undefined;
  throwIfCallAborted(call);
  const keys = store.read((tx) => candidatesOf(tx, { records, namespace, filter, computesLabels: computes }));
  let after: string | undefined;
  for (;;) {
    throwIfCallAborted(call);
    const wanted = keys?.splice(0, pageSize);
    const page: SnapshotRecord[] = store.read((tx) =>
      wanted === undefined
        ? records.page(tx, namespace, { after, limit: pageSize })
        : wanted.flatMap((key) => records.find(tx, { namespace, key }) ?? []),
    );
    const infos = page.map((record) => infoOf(driver, record));
    const matching = filter.matchesAll ? infos : infos.filter((info) => filter.matches(infoFields(info)));
    if (matching.length > 0) yield matching;
    if (keys === undefined ? page.length < pageSize : keys.length === 0) return;
    after = page.at(-1)?.key;
  }
}
