import { updatedLabels } from '../api/labels.js';
import { checkedUpdate } from '../api/requests.js';
import type { UpdateRequest } from '../api/snapshotter.js';
import { nowMicroseconds } from '../api/time.js';
import { type CallContext, type Info, throwIfCallAborted } from '../api/types.js';
import { type EngineParts, infoOf, nameIn, requireRecord } from './parts.js';

/** Update. Limits that the labels change are set before they are recorded, and set back when they are refused. */
export async function updateSnapshot(parts: EngineParts, wanted: UpdateRequest, call: CallContext): Promise<Info> {
  const { store, records, driver, limits } = parts;
  throwIfCallAborted(call);
  const request = checkedUpdate(wanted);
  const name = nameIn(call, request.name);
  const changed = await limits.around(request, call, (check) =>
    store.write((tx) => {
      throwIfCallAborted(call);
      check(tx);
      const record = requireRecord(records, tx, name);
      const { labels: given, fieldpaths } = request;
      const labels = updatedLabels({ name: request.name, current: record.labels, given, fieldpaths });
      // Strictly later than before, so that a client can tell by the time that something changed.
      const updated = Math.max(nowMicroseconds(), record.updated + 1);
      records.setLabels(tx, record.id, labels, updated);
      return { ...record, labels, updated };
    }),
  );
  return infoOf(driver, changed);
}
