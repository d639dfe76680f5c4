import { AbortedError, AlreadyExistsError, FailedPreconditionError, withContext } from '../../errors/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { maxBackendKeyBytes, validateKey } from '../api/keys.js';
import { withoutEmpty } from '../api/labels.js';
import { nowMicroseconds } from '../api/time.js';
import { type CallContext, type Labels, type Mount, throwIfCallAborted } from '../api/types.js';
import { leaseOf } from '../leases/leased-snapshots.js';
import type { SnapshotRecord } from '../records/record.js';
import { driverSnapshot } from './driver-snapshot.js';
import { type EngineParts, nameIn, requireRecord } from './parts.js';

/** An active snapshot to go on with, over what it is now. */
export interface FreezeRequest {
  /** Of the active snapshot, which keeps it. */
  readonly key: string;
  /** What the committed snapshot is called that it becomes. */
  readonly name: string;
  /** Of the committed snapshot; the active one keeps its own. */
  readonly labels?: Labels;
  /** Called with how the two are mounted, before anything is recorded, and may still refuse. */
  readonly ready?: (mounts: { readonly frozen: readonly Mount[]; readonly fresh: readonly Mount[] }) => Promise<void>;
}

/**
 * Makes a committed snapshot of what an active one is now, and an empty active one of the same key over it, in one transaction. The
 * files stay where they are, so the time does not depend on how much there is, but for measuring and synchronising it. Nothing
 * may have the active snapshot mounted. When it is refused, the snapshot is as it was.
 * @throws as Commit and Prepare.
 */
export async function freezeSnapshot(parts: EngineParts, request: FreezeRequest, call: CallContext): Promise<void> {
  const { store, records, leased, driver, files, limiter, faults } = parts;
  const { key, name } = request;
  throwIfCallAborted(call);
  validateKey('name', name, maxBackendKeyBytes);
  const active = store.read((tx) => activeToFreeze(parts, tx, request, call));
  const sealed = await driver.seal(driverSnapshot(active), call).catch((error: unknown) => {
    throw withContext(error, `failed to freeze snapshot ${key}`);
  });
  faults.reach('freeze.sealed');

  const { labels } = active;
  const id = await parts.ids.next();
  const chain = [active.id, ...active.chain];
  const fresh = { ...driverSnapshot({ id, kind: 'active', chain, labels }), limits: limiter.ofNew('active', labels) };
  files.stage(fresh.id);
  try {
    await driver.create(fresh, call);
    faults.reach('freeze.staged');
    const mounts = { frozen: driver.mounts(driverSnapshot(active)), fresh: driver.mounts(fresh) };
    await request.ready?.(mounts);
    const kept = leaseOf(call) === undefined;
    const usage = { size: sealed.size, inodes: sealed.inodes };
    const frozen = { id: active.id, name, chain: active.chain, labels: withoutEmpty(request.labels), usage, kept };
    await store.write((tx) => {
      throwIfCallAborted(call);
      const now = nowMicroseconds();
      const isDone =
        records.commit(tx, { ...frozen, now }) &&
        records.insert(tx, { ...nameIn(call, key), id, kind: 'active', chain, labels, kept, now });
      if (!isDone) {
        activeToFreeze(parts, tx, request, call);
        throw new AbortedError(`snapshot "${key}" was replaced while it was frozen`);
      }
      leased.add(tx, call, name);
      leased.add(tx, call, key);
    });
  } catch (error) {
    await files.unstage(fresh.id);
    throw error;
  }
  files.settle(fresh.id);
  files.committed(String(active.id));
}

function activeToFreeze(
  { records }: EngineParts,
  tx: ReadTransaction,
  { key, name }: FreezeRequest,
  call: CallContext,
): SnapshotRecord {
  if (records.has(tx, nameIn(call, name))) throw new AlreadyExistsError(`snapshot "${name}"`);
  return requireActive(requireRecord(records, tx, nameIn(call, key)));
}

/** @throws FailedPreconditionError when it is not active. */
export function requireActive(record: SnapshotRecord): SnapshotRecord {
  if (record.kind === 'active') return record;
  throw new FailedPreconditionError(`snapshot "${record.key}" is not active`);
}
