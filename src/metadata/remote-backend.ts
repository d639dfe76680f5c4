import {
  AlreadyExistsError,
  FailedPreconditionError,
  NotFoundError,
  UnknownError,
  withContext,
} from '../errors/index.js';
import {
  type BackgroundErrors,
  type CallContext,
  type Info,
  type Mount,
  noContext,
  type Snapshotter,
  snapshotRefLabel,
  type Usage,
} from '../snapshots/index.js';
import type { ReadTransaction, Store, WriteTransaction } from '../store/index.js';
import {
  type Backend,
  type CommitOperation,
  type CreateOperation,
  mergedInfo,
  type RemoveOperation,
  type Reservation,
  type UpdateOperation,
} from './backend.js';
import { BackendStrays } from './backend-strays.js';
import { KeyedLock } from './keyed-lock.js';
import type { NamedMetadata } from './records.js';
import { referencesTable } from './tables.js';

/** What a remote back end needs. */
export interface RemoteBackendOptions {
  readonly store: Store;
  /** The name under which records stand. */
  readonly name: string;
  readonly snapshotter: Snapshotter;
  readonly errors: BackgroundErrors;
}

/**
 * Any Snapshotter as a back end: a key is reserved, the back end is called, and what came of it is recorded. No
 * transaction is open while the back end works. What a crash leaves in between is a snapshot that no record speaks of,
 * which `cleanup` removes.
 *
 * Such a back end may have layers of its own and share them between namespaces, so records that stand for one of its
 * snapshots are counted, and the snapshot goes with the last of them.
 */
export class RemoteBackend implements Backend {
  readonly #store: Store;
  readonly #name: string;
  readonly #snapshotter: Snapshotter;
  readonly #errors: BackgroundErrors;
  readonly addsLabels = true;
  readonly #commits = new KeyedLock();
  readonly #strays: BackendStrays;
  /** Keys that were reserved and are not recorded yet; `cleanup` leaves them alone. */
  readonly #pending = new Set<string>();

  constructor(options: RemoteBackendOptions) {
    this.#store = options.store;
    this.#name = options.name;
    this.#snapshotter = options.snapshotter;
    this.#errors = options.errors;
    this.#strays = new BackendStrays({ ...options, isPending: (key) => this.#pending.has(key) });
  }

  async create(operation: CreateOperation, call: CallContext): Promise<readonly Mount[]> {
    const { parent, reserved } = await this.#store.write((tx) => {
      const checked = { parent: operation.check(tx), reserved: operation.reserve(tx) };
      this.#pending.add(checked.reserved.backendKey);
      return checked;
    });
    try {
      return await this.#createReserved({ operation, call, parent, reserved });
    } finally {
      this.#pending.delete(reserved.backendKey);
    }
  }

  async #createReserved({ operation, call, parent, reserved }: ReservedCreate): Promise<readonly Mount[]> {
    const request = { key: reserved.backendKey, parent, labels: operation.labels };
    const made = await this.#make(operation, request, call);
    if (made instanceof AlreadyExistsError) return this.#adopt(operation, parent, { made, call });
    try {
      await this.#store.write((tx) => {
        // Another call may have taken the key, or removed the parent, while the back end worked.
        operation.check(tx);
        this.#record(tx, operation, reserved);
      });
    } catch (error) {
      await this.#compensate(reserved.backendKey);
      throw error;
    }
    return made;
  }

  async #make(
    operation: CreateOperation,
    request: { key: string; parent: string; labels: CreateOperation['labels'] },
    call: CallContext,
  ): Promise<readonly Mount[] | AlreadyExistsError> {
    try {
      const { kind } = operation;
      return await (kind === 'active'
        ? this.#snapshotter.prepare(request, call)
        : this.#snapshotter.view(request, call));
    } catch (error) {
      if (error instanceof AlreadyExistsError) return error;
      throw error;
    }
  }

  #record(tx: WriteTransaction, operation: CreateOperation | CommitOperation, reserved: Reservation): void {
    operation.record(tx, reserved);
    this.#refer(tx, reserved.backendKey, 1);
  }

  /** The back end has the layer already: finds it there and records it under the reference. */
  async #adopt(
    operation: CreateOperation,
    parent: string,
    { made, call }: { made: AlreadyExistsError; call: CallContext },
  ): Promise<never> {
    const { reference } = operation;
    if (reference === '') {
      throw new UnknownError(`unexpected error from snapshotter: ${made.message}`, { cause: made });
    }
    const found = await this.#findReference(reference, parent, call);
    if (found === undefined) throw new NotFoundError(`target snapshot "${reference}" in backend`);
    await this.#store.write((tx) => {
      operation.adopt(tx, found);
      this.#refer(tx, found.name, 1);
    });
    throw new AlreadyExistsError(`target snapshot "${reference}" from snapshotter`, { cause: made });
  }

  /** The first committed snapshot with the reference and the parent; the back end need not honour the filter. */
  async #findReference(reference: string, parent: string, call: CallContext): Promise<Info | undefined> {
    const filters = [`labels.${quoted(snapshotRefLabel)}==${quoted(reference)},parent==${quoted(parent)}`];
    try {
      for await (const info of this.#snapshotter.walk({ filters }, call)) {
        const matches = info.labels.get(snapshotRefLabel) === reference && info.parent === parent;
        if (matches && info.kind === 'committed') return info;
      }
    } catch (error) {
      throw withContext(error, 'failed walking backend snapshots');
    }
    return undefined;
  }

  async #compensate(backendKey: string): Promise<void> {
    try {
      await this.#snapshotter.remove(backendKey, noContext);
    } catch (error) {
      this.#errors.report(`remove the unrecorded snapshot ${JSON.stringify(backendKey)}`, error);
    }
  }

  /**
   * A commit cannot be taken back, so nothing may change its outcome between the back end's commit and the record: the
   * names that it is about are held.
   */
  commit(operation: CommitOperation, call: CallContext): Promise<void> {
    return this.#commits.hold(operation.names, async () => {
      const { checked, reserved } = await this.#store.write((tx) => {
        const planned = { checked: operation.check(tx), reserved: operation.reserve(tx) };
        this.#pending.add(planned.reserved.backendKey);
        return planned;
      });
      try {
        const { backendKey: key, parent } = checked;
        await this.#snapshotter.commit({ name: reserved.backendKey, key, labels: operation.labels, parent }, call);
        await this.#store.write((tx) => {
          this.#refer(tx, key, -1);
          this.#record(tx, operation, reserved);
        });
      } finally {
        this.#pending.delete(reserved.backendKey);
      }
    });
  }

  async remove(operation: RemoveOperation, call: CallContext): Promise<void> {
    const unused = await this.#store.write((tx) => {
      const backendKey = operation.record(tx);
      return this.#refer(tx, backendKey, -1) === 0 ? backendKey : undefined;
    });
    if (unused === undefined) return;
    try {
      await this.#snapshotter.remove(unused, call);
    } catch (error) {
      // The record is gone, which is what the caller asked for; `cleanup` removes what stays.
      if (!(error instanceof FailedPreconditionError)) this.#errors.report('remove a snapshot of the back end', error);
    }
  }

  /** Counts records that stand for a snapshot of the back end; returns how many there are now. */
  #refer(tx: WriteTransaction, backendKey: string, change: 1 | -1): number {
    const key = [this.#name, backendKey] as const;
    const count = (tx.get(referencesTable, key) ?? 0) + change;
    if (count > 0) tx.put(referencesTable, key, count);
    else tx.remove(referencesTable, key);
    return Math.max(count, 0);
  }

  async update(operation: UpdateOperation, call: CallContext): Promise<Info> {
    const found = await this.#store.write((tx) => operation.record(tx));
    const { labels, fieldpaths } = operation;
    const paths = fieldpaths === undefined ? {} : { fieldpaths };
    const info = await this.#snapshotter.update({ name: found.record.backendKey, labels, ...paths }, call);
    return mergedInfo(found, info);
  }

  async stat(find: (tx: ReadTransaction) => NamedMetadata, call: CallContext): Promise<Info> {
    const found = this.#store.read(find);
    return mergedInfo(found, await this.#snapshotter.stat(found.record.backendKey, call));
  }

  async mounts(keyOf: (tx: ReadTransaction) => string, call: CallContext): Promise<readonly Mount[]> {
    return this.#snapshotter.mounts(this.#store.read(keyOf), call);
  }

  async usage(keyOf: (tx: ReadTransaction) => string, call: CallContext): Promise<Usage> {
    return this.#snapshotter.usage(this.#store.read(keyOf), call);
  }

  async page(read: (tx: ReadTransaction) => NamedMetadata[], call: CallContext): Promise<Info[]> {
    const found = this.#store.read(read);
    const infos = await Promise.all(found.map((one) => this.#statIfThere(one, call)));
    return infos.filter((info) => info !== undefined);
  }

  async #statIfThere(found: NamedMetadata, call: CallContext): Promise<Info | undefined> {
    try {
      return mergedInfo(found, await this.#snapshotter.stat(found.record.backendKey, call));
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  /** Removes what no record speaks of, children first, and has the back end clean up. */
  async cleanup(call: CallContext): Promise<void> {
    await this.#strays.remove(call);
    await this.#snapshotter.cleanup(call);
  }
}

interface ReservedCreate {
  readonly operation: CreateOperation;
  readonly call: CallContext;
  readonly parent: string;
  readonly reserved: Reservation;
}

/** A value in containerd's filter language, whatever characters it has. */
function quoted(value: string): string {
  return JSON.stringify(value);
}
