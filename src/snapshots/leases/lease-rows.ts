import { type ReadTransaction, statement, type WriteTransaction } from '../../store/index.js';
import type { LeaseResource } from '../api/leases.js';

/** Names a lease. */
export interface LeaseName {
  readonly namespace: string;
  readonly id: string;
}

const find = statement<{ id: string }>('SELECT id FROM leases WHERE namespace = ? AND id = ?');
const add = statement('INSERT OR IGNORE INTO lease_resources (namespace, lease, type, resource) VALUES (?, ?, ?, ?)');
const take = statement('DELETE FROM lease_resources WHERE namespace = ? AND lease = ? AND type = ? AND resource = ?');

/** Whether there is such a lease. */
export function leaseExists(tx: ReadTransaction, { namespace, id }: LeaseName): boolean {
  return tx.get(find, namespace, id) !== undefined;
}

/** Puts something under a lease that exists. */
export function addToLease(tx: WriteTransaction, { namespace, id }: LeaseName, resource: LeaseResource): void {
  tx.run(add, namespace, id, resource.type, resource.id);
}

/** Takes something off a lease, if it is there. */
export function takeOffLease(tx: WriteTransaction, { namespace, id }: LeaseName, resource: LeaseResource): void {
  tx.run(take, namespace, id, resource.type, resource.id);
}
