import { identifierProblem } from '../base/index.js';
import { FailedPreconditionError, InvalidArgumentError } from '../errors/index.js';
import type { CallContext } from '../snapshots/index.js';
import type { WriteTransaction } from '../store/index.js';
import type { LeaseRecorder } from './leases.js';
import { MetadataRecords } from './records.js';

/** Whose records a call is about. */
export interface ScopeOptions {
  /** The snapshotter's name, as clients give it. */
  readonly name: string;
  readonly leases: LeaseRecorder;
}

/** What a call works on: the records of one snapshotter in its namespace, and its lease. */
export class Scope {
  readonly snapshotter: string;
  readonly namespace: string;
  readonly records: MetadataRecords;
  readonly #leases: LeaseRecorder;
  readonly #lease: string | undefined;

  /** @throws FailedPreconditionError when the call has no namespace; InvalidArgumentError when it is malformed. */
  constructor({ name, leases }: ScopeOptions, call: CallContext) {
    this.snapshotter = name;
    this.namespace = requireNamespace(call);
    this.records = new MetadataRecords(this.namespace, name);
    this.#leases = leases;
    this.#lease = call.lease;
  }

  /** Has the lease of the call, if it has one, keep a snapshot. */
  lease(tx: WriteTransaction, key: string): void {
    if (this.#lease !== undefined) this.#leases.add(tx, this.#lease, this.#resource(key));
  }

  /** Has the lease of the call, if it has one, keep a snapshot no longer. */
  unlease(tx: WriteTransaction, key: string): void {
    if (this.#lease !== undefined) this.#leases.remove(tx, this.#lease, this.#resource(key));
  }

  #resource(key: string): { namespace: string; snapshotter: string; key: string } {
    return { namespace: this.namespace, snapshotter: this.snapshotter, key };
  }
}

/**
 * The namespace of a call (containerd: pkg/namespaces/context.go).
 * @throws FailedPreconditionError when there is none; InvalidArgumentError when it is malformed.
 */
export function requireNamespace(call: CallContext): string {
  const namespace = call.namespace ?? '';
  if (namespace === '') throw new FailedPreconditionError('namespace is required');
  const problem = identifierProblem(namespace);
  if (problem !== undefined) throw new InvalidArgumentError(`namespace validation: ${problem}`);
  return namespace;
}
