/** What a namespaced snapshotter has its back end do within transactions. */
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from '../errors/index.js';
import {
  type CommitRequest,
  type CreateRequest,
  type Info,
  inheritedLabels,
  type Labels,
  microsecondsOf,
  nowMicroseconds,
  snapshotRefLabel,
} from '../snapshots/index.js';
import type { WriteTransaction } from '../store/index.js';
import type { CommitOperation, CreateOperation } from './backend.js';
import type { MetadataRecords } from './records.js';
import type { Scope } from './scope.js';

/** A create whose input was checked. */
export interface PlannedCreate {
  readonly kind: CreateOperation['kind'];
  readonly request: CreateRequest;
  readonly scope: Scope;
  readonly labels: Labels;
}

/** A commit whose input was checked. */
export interface PlannedCommit {
  readonly request: CommitRequest;
  readonly scope: Scope;
  readonly labels: Labels;
}

interface Adoption {
  readonly reference: string;
  readonly parent: string;
  readonly labels: Labels;
  readonly found: Info;
}

/** How a snapshot is checked, reserved and recorded. */
export function createOperation({ kind, request, scope, labels }: PlannedCreate): CreateOperation {
  const { key, parent = '' } = request;
  const { records } = scope;
  const reference = labels.get(snapshotRefLabel) ?? '';
  return {
    kind,
    labels: inheritedLabels(labels),
    reference,
    check: (tx) => {
      if (reference !== '' && records.has(tx, reference))
        throw new AlreadyExistsError(`target snapshot "${reference}"`);
      if (records.has(tx, key)) throw new AlreadyExistsError(`snapshot "${key}"`);
      return records.backendParent(tx, parent);
    },
    reserve: (tx) => reserve(tx, records, key),
    record: (tx, reserved) => {
      const now = nowMicroseconds();
      records.put(tx, { ...reserved, key, parent, labels, created: now, updated: now });
      scope.lease(tx, key);
    },
    adopt: (tx, found) => adopt(tx, scope, { reference, parent, labels, found }),
  };
}

/** Records a snapshot that the back end had already, unless another call did so meanwhile. */
function adopt(tx: WriteTransaction, scope: Scope, { reference, parent, labels, found }: Adoption): void {
  const { records } = scope;
  if (records.backendParent(tx, parent) !== found.parent) {
    throw new InvalidArgumentError(`mismatched parent ${parent} from target ${reference}`);
  }
  if (!records.has(tx, reference)) {
    const number = records.nextNumber(tx);
    records.put(tx, {
      key: reference,
      number,
      backendKey: found.name,
      parent,
      labels: new Map([...found.labels, ...labels]),
      created: Math.max(0, microsecondsOf(found.created)),
      updated: Math.max(0, microsecondsOf(found.updated)),
    });
  }
  scope.lease(tx, reference);
}

/** How a commit is checked, reserved and recorded. */
export function commitOperation({ request, scope, labels }: PlannedCommit): CommitOperation {
  const { name, key } = request;
  const { records } = scope;
  return {
    labels: inheritedLabels(labels),
    names: [`${scope.namespace}/${name}`, `${scope.namespace}/${key}`],
    check: (tx) => {
      if (!records.isUsed(tx)) throw new NotFoundError(`can not find snapshotter "${scope.snapshotter}"`);
      if (records.has(tx, name)) throw new AlreadyExistsError(`snapshot "${name}"`);
      const active = records.get(tx, key);
      const parent = active.parent === '' ? records.backendParent(tx, request.parent ?? '') : '';
      return { backendKey: active.backendKey, parent };
    },
    reserve: (tx) => reserve(tx, records, name),
    record: (tx, reserved) => {
      const active = records.get(tx, key);
      const parent = active.parent === '' ? (request.parent ?? '') : active.parent;
      records.delete(tx, key, active);
      const now = nowMicroseconds();
      records.put(tx, { ...reserved, key: name, parent, labels, created: now, updated: now });
      scope.lease(tx, name);
      scope.unlease(tx, key);
    },
  };
}

function reserve(tx: WriteTransaction, records: MetadataRecords, key: string): { number: number; backendKey: string } {
  const number = records.nextNumber(tx);
  return { number, backendKey: records.backendKey(number, key) };
}
