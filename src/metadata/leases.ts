import { NotFoundError } from '../errors/index.js';
import type { WriteTransaction } from '../store/index.js';

/** A snapshot, as a lease names it. */
export interface LeasedSnapshot {
  readonly namespace: string;
  readonly snapshotter: string;
  readonly key: string;
}

/**
 * What the metadata layer tells the keeper of leases, inside the transaction that changes the snapshot. A call carries
 * the id of a lease or none; an empty id is an id.
 */
export interface LeaseRecorder {
  /** Notes that the lease keeps the snapshot. @throws NotFoundError when the namespace has no such lease. */
  add(tx: WriteTransaction, lease: string, snapshot: LeasedSnapshot): void;
  /** Notes that it keeps it no longer. Does nothing when there is no such lease. */
  remove(tx: WriteTransaction, lease: string, snapshot: LeasedSnapshot): void;
}

/** For a service that keeps no leases: every lease is unknown, as it is to a containerd that never made one. */
export const noLeases: LeaseRecorder = {
  add: () => {
    throw new NotFoundError('lease does not exist');
  },
  remove: () => undefined,
};
