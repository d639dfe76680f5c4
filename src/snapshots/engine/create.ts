import {
  AbortedError,
  AlreadyExistsError,
  InvalidArgumentError,
  NotFoundError,
  withContext,
} from '../../errors/index.js';
import type { ReadTransaction } from '../../store/index.js';
import { maxBackendKeyBytes, validateKey } from '../api/keys.js';
import { withoutEmpty } from '../api/labels.js';
import { checkedCreate } from '../api/requests.js';
import type { CreateRequest } from '../api/snapshotter.js';
import { nowMicroseconds } from '../api/time.js';
import { type CallContext, type Kind, type Mount, throwIfCallAborted } from '../api/types.js';
import { leaseOf } from '../leases/leased-snapshots.js';
import type { SnapshotName } from '../records/record.js';
import { driverSnapshot } from './driver-snapshot.js';
import { type EngineParts, inContext, nameIn } from './parts.js';

const context = 'failed to create snapshot';
const noChain: readonly number[] = [];

/**
 * Prepare and View. The files are made under an id of their own before the record, outside any transaction, so that no
 * caller waits for another's. What cannot be recorded is deleted.
 */
export async function createSnapshot(
  parts: EngineParts,
  kind: Exclude<Kind, 'committed'>,
  given: CreateRequest,
  call: CallContext,
): Promise<readonly Mount[]> {
  const { store, records, leased, driver, files, limiter, faults } = parts;
  throwIfCallAborted(call);
  const request = checkedCreate(given);
  validateKey('key', request.key, maxBackendKeyBytes);
  const name = nameIn(call, request.key);
  const labels = withoutEmpty(request.labels);
  const chain = store.read((tx) => chainOfNew(parts, tx, { name, parent: request.parent }));
  const limits = inContext(context, () => limiter.ofNew(kind, labels));

  const kept = leaseOf(call) === undefined;
  const id = await parts.ids.next();
  const snapshot = { ...driverSnapshot({ id, kind, chain, labels }), limits };
  files.stage(snapshot.id);
  faults.reach('create.begun');
  try {
    await driver.create(snapshot, call);
  } catch (error) {
    files.settle(snapshot.id);
    throw withContext(error, context);
  }
  faults.reach('create.staged');

  try {
    await store.write((tx) => {
      throwIfCallAborted(call);
      if (!records.insert(tx, { ...name, id, kind, chain, labels, kept, now: nowMicroseconds() })) {
        chainOfNew(parts, tx, { name, parent: request.parent });
        throw new AbortedError(`${context}: parent "${request.parent ?? ''}" was replaced meanwhile`);
      }
      leased.add(tx, call, name.key);
    });
  } catch (error) {
    await files.unstage(snapshot.id);
    throw error;
  }
  files.settle(snapshot.id);
  return driver.mounts(snapshot);
}

/**
 * The ids below a new snapshot, its parent's first.
 * @throws AlreadyExistsError when its key is taken; NotFoundError when there is no such parent; InvalidArgumentError when
 * the parent is not committed.
 */
function chainOfNew(
  { records }: EngineParts,
  tx: ReadTransaction,
  { name, parent = '' }: { readonly name: SnapshotName; readonly parent: string | undefined },
): readonly number[] {
  if (records.has(tx, name)) throw new AlreadyExistsError(`snapshot "${name.key}"`);
  if (parent === '') return noChain;
  const below = records.findLayers(tx, { namespace: name.namespace, key: parent });
  if (below === undefined) throw new NotFoundError(`parent snapshot ${parent} does not exist`);
  if (below.kind !== 'committed') {
    throw new InvalidArgumentError(`${context}: parent "${parent}" is not committed snapshot`);
  }
  return [below.id, ...below.chain];
}
