import { randomBytes } from 'node:crypto';
import { AlreadyExistsError, NotFoundError } from '../../errors/index.js';
import { parseFilters, recordFields } from '../../filters/index.js';
import { type ReadTransaction, type Store, statement } from '../../store/index.js';
import { validateLabels, withoutEmpty } from '../api/labels.js';
import type { Lease, LeaseResource, NewLease } from '../api/leases.js';
import { nowMicroseconds, PreciseDate } from '../api/time.js';
import type { CallContext } from '../api/types.js';
import type { RecordChange } from '../gc/scheduler.js';
import { requireNamespace } from '../namespaces/require-namespace.js';
import { labelsOfJson } from '../records/record.js';
import { addToLease, type LeaseName, leaseExists, takeOffLease } from './lease-rows.js';
import { checkResource } from './resource.js';

interface LeaseRow {
  readonly id: string;
  readonly created: number;
  /** Labels as a JSON object. */
  readonly labels: string;
}

const addNamespace = statement('INSERT OR IGNORE INTO namespaces (name) VALUES (?)');
const insertLease = statement('INSERT OR IGNORE INTO leases (namespace, id, created) VALUES (?, ?, ?)');
const insertLabel = statement('INSERT INTO lease_labels (namespace, lease, key, value) VALUES (?, ?, ?, ?)');
const deleteLease = statement('DELETE FROM leases WHERE namespace = ? AND id = ?');
const listLeases = statement<LeaseRow>(`
  SELECT l.id, l.created,
    (SELECT json_group_object(b.key, b.value) FROM lease_labels b
     WHERE b.namespace = l.namespace AND b.lease = l.id) AS labels
  FROM leases l WHERE l.namespace = ? ORDER BY l.id`);
const listResources = statement<LeaseResource>(`
  SELECT resource AS id, type FROM lease_resources WHERE namespace = ? AND lease = ? ORDER BY type, resource`);

/**
 * The leases of all namespaces, with the rules of containerd (core/metadata/leases.go). What has resolved is on disk.
 *
 * Every method throws FailedPreconditionError when the call names no namespace and InvalidArgumentError when it is
 * malformed.
 */
export class Leases {
  readonly #store: Store;
  readonly #changed: (change: RecordChange) => void;

  /** @param changed Told of every change, once it is on disk. */
  constructor(store: Store, changed: (change: RecordChange) => void = () => undefined) {
    this.#store = store;
    this.#changed = changed;
  }

  /** @throws AlreadyExistsError when there is one of this id; InvalidArgumentError for a label that is too large. */
  async create({ id = '', labels = new Map() }: NewLease, call: CallContext): Promise<Lease> {
    const namespace = requireNamespace(call);
    validateLabels(labels);
    const created = nowMicroseconds();
    const named = id === '' ? newId(created) : id;
    const kept = withoutEmpty(labels);
    await this.#store.write((tx) => {
      tx.run(addNamespace, namespace);
      if (tx.run(insertLease, namespace, named, created) === 0) throw new AlreadyExistsError(`lease "${named}"`);
      for (const [key, value] of kept) tx.run(insertLabel, namespace, named, key, value);
    });
    this.#changed('mutation');
    return { id: named, created: new PreciseDate(created), labels: kept };
  }

  /** What was under it alone is collected next time. @throws NotFoundError when there is none. */
  async delete(id: string, call: CallContext): Promise<void> {
    const namespace = requireNamespace(call);
    await this.#store.write(
      (tx) => {
        if (tx.run(deleteLease, namespace, id) === 0) throw noSuchLease(id);
      },
      { frees: true },
    );
    this.#changed('deletion');
  }

  /** In byte order. @param filters On `id` and `labels.<key>`. @throws InvalidArgumentError for a bad filter. */
  async list(filters: readonly string[], call: CallContext): Promise<Lease[]> {
    const namespace = requireNamespace(call);
    const filter = parseFilters(filters);
    return this.#store
      .read((tx) => tx.all(listLeases, namespace))
      .map(({ id, created, labels }) => ({ id, created: new PreciseDate(created), labels: labelsOfJson(labels) }))
      .filter(({ id, labels }) => filter.matches(recordFields({ id }, labels)));
  }

  /**
   * Puts something under a lease; it need not exist.
   * @throws NotFoundError when there is no such lease; InvalidArgumentError and NotImplementedError for a resource of a
   * malformed or unknown type.
   */
  async addResource(id: string, resource: LeaseResource, call: CallContext): Promise<void> {
    const lease = { namespace: requireNamespace(call), id };
    await this.#store.write((tx) => {
      requireLease(tx, lease);
      checkResource(resource);
      addToLease(tx, lease, resource);
    });
    this.#changed('mutation');
  }

  /** Takes something off a lease; what is not under it is no error. Throws as `addResource`. */
  async deleteResource(id: string, resource: LeaseResource, call: CallContext): Promise<void> {
    const lease = { namespace: requireNamespace(call), id };
    await this.#store.write(
      (tx) => {
        requireLease(tx, lease);
        checkResource(resource);
        takeOffLease(tx, lease, resource);
      },
      { frees: true },
    );
    this.#changed('deletion');
  }

  /** What is under a lease: content, images, ingests, snapshots, each in byte order. @throws NotFoundError when there is none. */
  async listResources(id: string, call: CallContext): Promise<LeaseResource[]> {
    const namespace = requireNamespace(call);
    return this.#store.read((tx) => {
      requireLease(tx, { namespace, id });
      return tx.all(listResources, namespace, id);
    });
  }
}

function requireLease(tx: ReadTransaction, lease: LeaseName): void {
  if (!leaseExists(tx, lease)) throw noSuchLease(lease.id);
}

function noSuchLease(id: string): NotFoundError {
  return new NotFoundError(`lease "${id}"`);
}

/** As containerd makes them up (core/leases/id.go): the fraction of the second, and three random bytes. */
function newId(microseconds: number): string {
  return `${(microseconds % 1_000_000) * 1000}-${randomBytes(3).toString('base64url')}`;
}
