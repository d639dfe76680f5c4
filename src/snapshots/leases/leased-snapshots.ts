import { NotFoundError } from '../../errors/index.js';
import type { WriteTransaction } from '../../store/index.js';
import type { CallContext } from '../api/types.js';
import { addToLease, type LeaseName, leaseExists, takeOffLease } from './lease-rows.js';
import { snapshotsType } from './resource.js';

/** The lease of a call; none for a containerd in front, which has leases of its own and may name one of them. */
export function leaseOf({ namespace = '', lease }: CallContext): LeaseName | undefined {
  return namespace === '' || lease === undefined ? undefined : { namespace, id: lease };
}

/**
 * The snapshots of one snapshotter under the leases of calls, as in containerd's metadata layer: what a call with a lease
 * makes comes under that lease, and what it removes leaves it. Works inside a transaction that the caller holds.
 */
export class LeasedSnapshots {
  readonly #type: string;

  constructor(snapshotter: string) {
    this.#type = snapshotsType(snapshotter);
  }

  /** @throws NotFoundError when the call has a lease that does not exist. */
  add(tx: WriteTransaction, call: CallContext, key: string): void {
    const lease = leaseOf(call);
    if (lease === undefined) return;
    if (!leaseExists(tx, lease)) throw new NotFoundError('lease does not exist');
    addToLease(tx, lease, { type: this.#type, id: key });
  }

  /** A lease that does not exist is no error. */
  takeOff(tx: WriteTransaction, call: CallContext, key: string): void {
    const lease = leaseOf(call);
    if (lease !== undefined) takeOffLease(tx, lease, { type: this.#type, id: key });
  }
}
