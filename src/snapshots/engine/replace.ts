import { AbortedError, FailedPreconditionError, NotFoundError, withContext } from '../../errors/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { nowMicroseconds } from '../api/time.js';
import { type CallContext, type Mount, throwIfCallAborted } from '../api/types.js';
import { leaseOf } from '../leases/leased-snapshots.js';
import type { SnapshotRecord } from '../records/record.js';
import { driverSnapshot } from './driver-snapshot.js';
import { requireActive } from './freeze.js';
import { type EngineParts, nameIn, requireRecord } from './parts.js';

/** An active snapshot to begin again. */
export interface ReplaceRequest {
  readonly key: string;
  /** The committed snapshot that it is based on afterwards. */
  readonly parent: string;
  /** Called with how the new one is mounted, before anything is recorded, and may still refuse. */
  readonly ready?: (mounts: { readonly fresh: readonly Mount[] }) => Promise<void>;
}

/**
 * Puts an empty active snapshot over a committed one in the place of an active one, in one transaction. What was written to that is
 * deleted, like the files of a removed snapshot. Nothing may have it mounted. When it is refused, the snapshot is as it was.
 * @throws NotFoundError when either does not exist; FailedPreconditionError when the one is not active or the other not
 * committed.
 */
export async function replaceSnapshot(parts: EngineParts, request: ReplaceRequest, call: CallContext): Promise<void> {
  const { store, records, leased, driver, files, limiter, faults } = parts;
  const name = nameIn(call, request.key);
  throwIfCallAborted(call);
  const { old, chain } = store.read((tx) => planReplacement(parts, tx, request, call));
  const { labels } = old;
  const id = await parts.ids.next();
  const fresh = { ...driverSnapshot({ id, kind: 'active', chain, labels }), limits: limiter.ofNew('active', labels) };
  files.stage(fresh.id);
  try {
    await driver.create(fresh, call).catch((error: unknown) => {
      throw withContext(error, `failed to roll snapshot ${request.key} back`);
    });
    faults.reach('replace.staged');
    await request.ready?.({ fresh: driver.mounts(fresh) });
    const kept = leaseOf(call) === undefined;
    await store.write((tx) => {
      throwIfCallAborted(call);
      const now = planReplacement(parts, tx, request, call);
      const isDone =
        now.old.id === old.id &&
        String(now.chain) === String(chain) &&
        records.remove(tx, name) === old.id &&
        records.insert(tx, { ...name, id, kind: 'active', chain, labels, kept, now: nowMicroseconds() });
      if (!isDone) throw new AbortedError(`snapshot "${request.key}" was replaced meanwhile`);
      leased.add(tx, call, request.key);
    });
  } catch (error) {
    await files.unstage(fresh.id);
    throw error;
  }
  files.settle(fresh.id);
  await files.delete(String(old.id), call);
}

function planReplacement(
  { records }: EngineParts,
  tx: ReadTransaction,
  { key, parent }: ReplaceRequest,
  call: CallContext,
): { readonly old: SnapshotRecord; readonly chain: readonly number[] } {
  const old = requireActive(requireRecord(records, tx, nameIn(call, key)));
  const below = records.findLayers(tx, nameIn(call, parent));
  if (below === undefined) throw new NotFoundError(`snapshot ${parent} does not exist`);
  if (below.kind !== 'committed') throw new FailedPreconditionError(`snapshot "${parent}" is not committed`);
  return { old, chain: [below.id, ...below.chain] };
}
