import {
  AbortedError,
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  NotImplementedError,
  withContext,
} from '../../errors/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { maxBackendKeyBytes, validateKey } from '../api/keys.js';
import { parentChainLabel, withoutEmpty } from '../api/labels.js';
import { checkedCommit } from '../api/requests.js';
import type { CommitRequest } from '../api/snapshotter.js';
import { nowMicroseconds } from '../api/time.js';
import { type CallContext, throwIfCallAborted, type Usage } from '../api/types.js';
import { leaseOf } from '../leases/leased-snapshots.js';
import type { SnapshotLayers, SnapshotRecord } from '../records/record.js';
import { driverSnapshot } from './driver-snapshot.js';
import { type EngineParts, inContext, nameIn, noSuchSnapshot } from './parts.js';

/**
 * Commit. The layer is put on disk and measured before the transaction, so that no caller waits for another's files. When
 * the record is refused, the snapshot stays active.
 */
export async function commitSnapshot(parts: EngineParts, given: CommitRequest, call: CallContext): Promise<void> {
  const { store, records, leased, files, faults } = parts;
  throwIfCallAborted(call);
  const request = checkedCommit(given);
  validateKey('name', request.name, maxBackendKeyBytes);
  const planned = store.read((tx) => planCommit(parts, tx, request, call));
  const { id } = planned.active;
  const usage = await seal(parts, planned.active, call);
  faults.reach('commit.sealed');

  const { key, name } = request;
  const committed = { id, name, chain: planned.chain, labels: withoutEmpty(request.labels), usage };
  const kept = leaseOf(call) === undefined;
  await store.write((tx) => {
    throwIfCallAborted(call);
    if (!records.commit(tx, { ...committed, kept, now: nowMicroseconds() })) {
      planCommit(parts, tx, request, call);
      throw new AbortedError(`snapshot "${key}" was replaced while it was committed`);
    }
    leased.takeOff(tx, call, key);
    leased.add(tx, call, name);
  });
  files.committed(String(id));
}

async function seal({ driver }: EngineParts, active: SnapshotRecord, call: CallContext): Promise<Usage> {
  try {
    const { size, inodes } = await driver.seal(driverSnapshot(active), call);
    return { size, inodes };
  } catch (error) {
    throw withContext(error, failedToCommit(active.key));
  }
}

/** What is to be committed, and the ids that will be below it. */
interface PlannedCommit {
  readonly active: SnapshotRecord;
  readonly chain: readonly number[];
}

/**
 * @throws AlreadyExistsError when the name is taken; NotFoundError when the key, or the parent of a rebase, does not
 * exist; FailedPreconditionError when the key is not active, or that parent not committed; InvalidArgumentError and
 * NotImplementedError when the snapshot cannot be put onto another parent.
 */
function planCommit(
  parts: EngineParts,
  tx: ReadTransaction,
  { key, name, parent = '' }: CommitRequest,
  call: CallContext,
): PlannedCommit {
  const { records } = parts;
  const { namespace } = nameIn(call, key);
  if (records.has(tx, { namespace, key: name })) throw new AlreadyExistsError(`snapshot "${name}"`);
  const active = records.find(tx, { namespace, key });
  if (active === undefined) {
    if (!records.isUsed(tx, namespace)) throw new NotFoundError(`can not find snapshotter "${parts.name}"`);
    throw noSuchSnapshot(key);
  }
  if (active.kind !== 'active') {
    throw new FailedPreconditionError(`${failedToCommit(key)}: snapshot "${key}" is not active`);
  }
  if (parent === '' || parent === active.parent) return { active, chain: active.chain };
  if (active.parent !== '') {
    // containerd's metadata keeps the parent that a snapshot has; a back end refuses to change it.
    if (namespace !== '') return { active, chain: active.chain };
    throw new InvalidArgumentError(
      `${failedToCommit(key)}: cannot change parent of active snapshot "${key}" on commit`,
    );
  }
  const below = records.findLayers(tx, { namespace, key: parent });
  if (below === undefined) throw new NotFoundError(`parent snapshot ${parent} does not exist`);
  return { active, chain: inContext(failedToCommit(key), () => rebasedChain(parts, active, { parent, below })) };
}

/** What a snapshot without a parent is put onto. */
interface NewParent {
  readonly parent: string;
  readonly below: SnapshotLayers;
}

/**
 * Rebase: the chain of a snapshot that was made without a parent. A layer that is a whole copy would hide what is below it,
 * and one that was unpacked like a plain directory has lost its deletions. Either is an error, and no broken layer.
 */
function rebasedChain(
  { driver }: EngineParts,
  active: SnapshotRecord,
  { parent, below }: NewParent,
): readonly number[] {
  if (below.kind !== 'committed') throw new FailedPreconditionError(`parent "${parent}" is not committed`);
  const { layersAreDifferences, names } = driver.capabilities;
  const canRebase = names.includes('rebase');
  if (!(layersAreDifferences ?? canRebase)) {
    throw new NotImplementedError(
      `this snapshotter puts no snapshot onto a parent at its commit; if containerd asked for it, ${remedy}`,
    );
  }
  if (!canRebase) {
    throw new FailedPreconditionError(
      `a layer that is unpacked without its parent loses its deletions in a user namespace; ${remedy}`,
    );
  }
  if (isUnpackers(active.key) && !active.labels.has(parentChainLabel)) {
    throw new FailedPreconditionError(
      `the layer was unpacked without its parent, and has lost its deletions, as with any containerd before 2.3; ${remedy}`,
    );
  }
  return [below.id, ...below.chain];
}

const remedy =
  'take "rebase" out of the capabilities of this snapshotter in containerd\'s configuration (proxy_plugins), and restart it';

/** Whether a key is that of a layer in containerd's unpacker; in front of it may be a namespace and a number. */
function isUnpackers(key: string): boolean {
  return key.slice(key.lastIndexOf('/') + 1).startsWith('extract-');
}

function failedToCommit(key: string): string {
  return `failed to commit snapshot ${key}`;
}
