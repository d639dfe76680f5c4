/**
 * A back end, as the metadata layer works with it. There are two kinds: `LocalBackend` shares the store, so that the
 * records of both layers change in one transaction; `RemoteBackend` is any other Snapshotter, for which a number is
 * reserved, the back end called, and the result recorded (containerd: core/metadata/snapshot.go).
 *
 * The metadata layer describes an operation by functions of a transaction; the back end decides when each runs.
 */
import {
  type CallContext,
  type Info,
  type Kind,
  type Labels,
  type Mount,
  PreciseDate,
  type Usage,
} from '../snapshots/index.js';
import type { ReadTransaction, WriteTransaction } from '../store/index.js';
import type { NamedMetadata } from './records.js';

/** What every operation that makes a snapshot in the back end has. */
interface MakingOperation {
  /** Draws the key that the new snapshot gets in the back end. */
  reserve(tx: WriteTransaction): Reservation;
  /** Writes the metadata's records. May throw, which undoes the operation. */
  record(tx: WriteTransaction, reserved: Reservation): void;
}

/** A key that was drawn. */
export interface Reservation {
  readonly number: number;
  readonly backendKey: string;
}

/** A Prepare or View. */
export interface CreateOperation extends MakingOperation {
  readonly kind: Exclude<Kind, 'committed'>;
  /** Those that the back end may see. */
  readonly labels: Labels;
  /** Checks that it may be done, and gives the parent's key in the back end, empty for none. Reads only. */
  check(tx: ReadTransaction): string;
  /** The target of `containerd.io/snapshot.ref`; empty for none. */
  readonly reference: string;
  /** Records, under the reference, a committed snapshot that the back end had already. */
  adopt(tx: WriteTransaction, found: Info): void;
}

/** A Commit. */
export interface CommitOperation extends MakingOperation {
  readonly labels: Labels;
  /** What makes two commits stand in each other's way. */
  readonly names: readonly string[];
  /** Checks that it may be done; gives the active snapshot's key in the back end and the parent of a rebase or empty. */
  check(tx: ReadTransaction): { readonly backendKey: string; readonly parent: string };
}

/** A Remove. */
export interface RemoveOperation {
  /** Checks, deletes the metadata's records, and gives the key in the back end. */
  record(tx: WriteTransaction): string;
}

/** An Update. */
export interface UpdateOperation {
  readonly fieldpaths: readonly string[] | undefined;
  /** Those of the new labels that the back end may see. */
  readonly labels: Labels;
  /** Checks that it may be done, and gives the key in the back end. Reads only. */
  check(tx: ReadTransaction): { readonly backendKey: string };
  /** Checks, changes the metadata's record, and gives it. */
  record(tx: WriteTransaction): NamedMetadata;
}

/** See the head of this file. */
export interface Backend {
  /** Whether it may show labels that begin with `containerd.io/snapshot/` beside those that it was given. */
  readonly addsLabels: boolean;
  create(operation: CreateOperation, call: CallContext): Promise<readonly Mount[]>;
  commit(operation: CommitOperation, call: CallContext): Promise<void>;
  remove(operation: RemoveOperation, call: CallContext): Promise<void>;
  update(operation: UpdateOperation, call: CallContext): Promise<Info>;
  /** The record that `find` gives, with what the back end knows, as clients see it. */
  stat(find: (tx: ReadTransaction) => NamedMetadata, call: CallContext): Promise<Info>;
  /** @param keyOf The snapshot's key in the back end. */
  mounts(keyOf: (tx: ReadTransaction) => string, call: CallContext): Promise<readonly Mount[]>;
  /** @param keyOf The snapshot's key in the back end. */
  usage(keyOf: (tx: ReadTransaction) => string, call: CallContext): Promise<Usage>;
  /**
   * The records that `read` gives, with what the back end knows; those that the back end does not know are left out.
   * `last` is the key to go on behind; undefined at the end.
   */
  page(read: (tx: ReadTransaction) => NamedMetadata[], call: CallContext): Promise<Info[]>;
  cleanup(call: CallContext): Promise<void>;
}

/** A record and the back end's knowledge put together: names, parents and times are the metadata's, labels both's. */
export function mergedInfo({ key, record }: NamedMetadata, backend: Pick<Info, 'kind' | 'labels'>): Info {
  const { parent, created, updated } = record;
  const labels = backend.labels.size === 0 ? record.labels : new Map([...backend.labels, ...record.labels]);
  return {
    name: key,
    parent,
    kind: backend.kind,
    created: new PreciseDate(created),
    updated: new PreciseDate(updated),
    labels,
  };
}
