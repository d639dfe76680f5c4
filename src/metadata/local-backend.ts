import { type FaultPoints, noFaults } from '../base/index.js';
import { AbortedError, DataLossError, NotFoundError } from '../errors/index.js';
import {
  type BackgroundErrors,
  type CallContext,
  type Info,
  type LocalSnapshotter,
  type Mount,
  recordStaged,
  type StagedSnapshotter,
  throwIfCallAborted,
  type Usage,
} from '../snapshots/index.js';
import type { ReadTransaction, Store } from '../store/index.js';
import {
  type Backend,
  type CommitOperation,
  type CreateOperation,
  mergedInfo,
  type RemoveOperation,
  type UpdateOperation,
} from './backend.js';
import type { NamedMetadata } from './records.js';

/** What a local back end is made of. */
export interface LocalBackendOptions {
  readonly store: Store;
  readonly snapshotter: LocalSnapshotter;
  readonly faults?: FaultPoints;
  /** Told about records that cannot be read. Default: nobody is. */
  readonly errors?: BackgroundErrors;
}

const silent: BackgroundErrors = { report: () => undefined };

/**
 * A back end that keeps its records in the same store: the files come first, then one transaction takes the records of
 * both layers, so that neither can be there without the other.
 */
export class LocalBackend implements Backend {
  readonly #store: Store;
  readonly #snapshotter: LocalSnapshotter;
  readonly #stages: StagedSnapshotter;
  readonly #faults: FaultPoints;
  readonly #errors: BackgroundErrors;

  constructor({ store, snapshotter, faults = noFaults, errors = silent }: LocalBackendOptions) {
    this.#store = store;
    this.#snapshotter = snapshotter;
    this.#stages = snapshotter.stages;
    this.#faults = faults;
    this.#errors = errors;
  }

  get addsLabels(): boolean {
    return this.#stages.addsLabels;
  }

  async create(operation: CreateOperation, call: CallContext): Promise<readonly Mount[]> {
    const { kind, labels } = operation;
    const parent = this.#store.read((tx) => operation.check(tx));
    const staged = await this.#stages.stageCreate({ kind, parent, labels }, call);
    return recordStaged({
      store: this.#store,
      staged,
      call,
      record: (tx) => {
        operation.check(tx);
        const reserved = operation.reserve(tx);
        const mounts = staged.record(tx, reserved.backendKey);
        this.#faults.reach('metadata.between');
        operation.record(tx, reserved);
        return mounts;
      },
    });
  }

  async commit(operation: CommitOperation, call: CallContext): Promise<void> {
    const { backendKey } = this.#store.read((tx) => operation.check(tx));
    const staged = await this.#stages.stageCommit(backendKey, call);
    await recordStaged({
      store: this.#store,
      staged,
      call,
      record: (tx) => {
        const { parent } = operation.check(tx);
        const reserved = operation.reserve(tx);
        staged.record(tx, { name: reserved.backendKey, labels: operation.labels, parent });
        this.#faults.reach('metadata.between');
        operation.record(tx, reserved);
      },
    });
  }

  async remove(operation: RemoveOperation, call: CallContext): Promise<void> {
    const removed = await this.#store.write((tx) => {
      throwIfCallAborted(call);
      const backendKey = operation.record(tx);
      this.#faults.reach('metadata.between');
      return this.#stages.recordRemove(tx, backendKey);
    });
    await removed.settle(call);
  }

  async update(operation: UpdateOperation, call: CallContext): Promise<Info> {
    throwIfCallAborted(call);
    const { backendKey } = this.#store.read((tx) => operation.check(tx));
    const staged = await this.#stages.stageUpdate(backendKey, operation, call);
    return recordStaged({
      store: this.#store,
      staged,
      call,
      record: (tx) => {
        const found = operation.record(tx);
        if (found.record.backendKey !== backendKey) {
          throw new AbortedError(`snapshot "${found.key}" was replaced while its labels were changed`);
        }
        return mergedInfo(found, staged.record(tx));
      },
    });
  }

  async stat(find: (tx: ReadTransaction) => NamedMetadata): Promise<Info> {
    return this.#store.read((tx) => {
      const found = find(tx);
      const info = this.#stages.glance(tx, found.record.backendKey);
      if (info === undefined) throw new NotFoundError('snapshot does not exist');
      return mergedInfo(found, info);
    });
  }

  async mounts(keyOf: (tx: ReadTransaction) => string): Promise<readonly Mount[]> {
    return this.#store.read((tx) => this.#stages.inspectMounts(tx, keyOf(tx)));
  }

  async usage(keyOf: (tx: ReadTransaction) => string, call: CallContext): Promise<Usage> {
    return this.#snapshotter.usage(this.#store.read(keyOf), call);
  }

  async page(read: (tx: ReadTransaction) => NamedMetadata[]): Promise<Info[]> {
    return this.#store.read((tx) => {
      const infos: Info[] = [];
      for (const found of read(tx)) {
        const info = this.#glanceIfReadable(tx, found.record.backendKey);
        if (info !== undefined) infos.push(mergedInfo(found, info));
      }
      return infos;
    });
  }

  /** As `glance`; a record that cannot be read must not keep the others from being listed. */
  #glanceIfReadable(tx: ReadTransaction, backendKey: string): Pick<Info, 'kind' | 'labels'> | undefined {
    try {
      return this.#stages.glance(tx, backendKey);
    } catch (error) {
      if (!(error instanceof DataLossError)) throw error;
      this.#errors.report('read the record of a snapshot', error);
      return undefined;
    }
  }

  cleanup(call: CallContext): Promise<void> {
    return this.#snapshotter.cleanup(call);
  }
}
