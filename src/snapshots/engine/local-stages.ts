import { type FaultPoints, noFaults } from '../../base/index.js';
import { AbortedError, NotImplementedError, withContext } from '../../errors/index.js';
import type { ReadTransaction, Store, WriteTransaction } from '../../store/index.js';
import {
  type CallContext,
  type Info,
  type Mount,
  noLabels,
  noUsage,
  throwIfCallAborted,
  type Usage,
} from '../api/types.js';
import type { BareLayer } from '../driver/bare-layer.js';
import type { Driver, DriverSnapshot, SealedLayer } from '../driver/driver.js';
import { LimitChanges } from '../limits/limit-changes.js';
import { Limiter } from '../limits/limiter.js';
import type { SnapshotRecord } from '../records/tables.js';
import { infoOf, type NamedRecord, SnapshotTree } from '../records/tree.js';
import type { BackgroundErrors } from './discards.js';
import { IdAllocator } from './ids.js';
import type { LayerObserver } from './layer-observer.js';
import type { LocalSnapshotterOptions } from './local-options.js';
import { recordedSnapshots } from './recorded-snapshots.js';
import { type FoundFiles, findFiles, idOf, type RecoveryReport } from './recovery.js';
import { SnapshotFiles } from './snapshot-files.js';
import {
  driverSnapshot,
  type LabelChange,
  type RecordCommitRequest,
  type RemovedFiles,
  type StageCreateRequest,
  type StagedCommit,
  type StagedCreate,
  type StagedSnapshotter,
  type StagedUpdate,
} from './staging.js';
import { UnsynchronisedLayers } from './unsynchronised-layers.js';

const silent: BackgroundErrors = { report: () => undefined };

/**
 * The halves of a local snapshotter's operations, and the files that are between them.
 *
 * Files are made, measured and deleted outside transactions. What could not be recorded is discarded; what a crash
 * leaves is a directory that no record speaks of, which `deleteStrays` finds.
 */
export class LocalStages implements StagedSnapshotter {
  readonly #store: Store;
  readonly #driver: Driver;
  readonly #tree: SnapshotTree;
  readonly #ids: IdAllocator;
  readonly #files: SnapshotFiles;
  readonly #layers: LayerObserver | undefined;
  readonly #unsynchronised: UnsynchronisedLayers;
  readonly #errors: BackgroundErrors;
  readonly #faults: FaultPoints;
  readonly #limiter: Limiter;
  readonly #limits: LimitChanges;

  private constructor(options: LocalSnapshotterOptions, { ids, found, unsynchronised, tree }: Opened) {
    const { store, driver, layers, limits = {}, errors = silent, faults = noFaults } = options;
    this.#store = store;
    this.#driver = driver;
    this.#tree = tree;
    this.#unsynchronised = unsynchronised;
    this.#ids = ids;
    this.#errors = errors;
    this.#faults = faults;
    this.#layers = layers;
    this.#limiter = new Limiter(driver, limits, errors);
    const parts = { store, driver, tree: this.#tree, errors, faults };
    this.#files = new SnapshotFiles({
      ...parts,
      found,
      firstNewId: ids.firstId,
      deletesAtOnce: options.syncRemove ?? false,
    });
    this.#limits = new LimitChanges({ ...parts, limiter: this.#limiter });
  }

  /**
   * Costs one durable write and one listing of the place of snapshots, a look at each layer without content of the last
   * second of an earlier process, and reading all records where the driver has to restore something.
   */
  static async open(options: LocalSnapshotterOptions): Promise<LocalStages> {
    const { store, name, driver, faults, errors = silent } = options;
    await driver.restore?.(recordedSnapshots(store, name));
    const tree = new SnapshotTree(name);
    const unsynchronised = await UnsynchronisedLayers.open({ store, name, driver, tree, errors });
    const found = await findFiles(driver);
    const above = found.names.reduce((highest, each) => Math.max(highest, idOf(each) ?? 0), 0);
    const ids = await IdAllocator.open({ store, snapshotter: name, faults, above });
    return new LocalStages(options, { ids, found, unsynchronised, tree });
  }

  async stageCreate(request: StageCreateRequest, call: CallContext): Promise<StagedCreate> {
    throwIfCallAborted(call);
    const { kind, labels = noLabels } = request;
    const chain = this.#store.read((tx) => inContext(createFailed, () => this.#tree.chainOver(tx, request.parent)));
    const limits = inContext(createFailed, () => this.#limiter.ofNew(kind, labels));
    const id = await this.#ids.next();
    const snapshot = { ...driverSnapshot({ id, kind, parentIds: chain.ids, labels }), limits };
    this.#files.stage(snapshot.id);
    this.#faults.reach('create.begun');
    try {
      await this.#driver.create(snapshot, call);
    } catch (error) {
      this.#files.settle(snapshot.id);
      throw withContext(error, createFailed);
    }
    this.#faults.reach('create.staged');
    const record = (tx: WriteTransaction, key: string) => this.#recordCreate(tx, key, { id, snapshot, request });
    const settle = () => this.#files.settle(snapshot.id);
    return { record, settle, discard: () => this.#files.unstage(snapshot.id) };
  }

  #recordCreate(tx: WriteTransaction, key: string, staged: StagedFiles): readonly Mount[] {
    const { kind, parent, labels } = staged.request;
    return inContext(createFailed, () => {
      const record = this.#tree.createSnapshot(tx, { id: staged.id, kind, key, parent, labels });
      if (!standsOn(record, staged.snapshot)) {
        throw new AbortedError(`parent "${parent}" was replaced while the snapshot was made`);
      }
      return this.#driver.mounts(staged.snapshot);
    });
  }

  async stageCommit(key: string, call: CallContext): Promise<StagedCommit> {
    throwIfCallAborted(call);
    const record = this.#store.read((tx) => this.#tree.find(tx, key));
    const active = record?.kind === 'active' ? record : undefined;
    // What is not active is refused by `record`, in the order of checks that clients know.
    const sealed: SealedLayer = active === undefined ? noUsage : await this.#seal(key, active, call);
    this.#faults.reach('commit.sealed');
    return {
      record: (tx, { name, labels, parent }) =>
        this.#recordCommit(tx, { name, labels, parent, key, sealed, id: active?.id, before: active?.parent }),
      settle: () => active !== undefined && this.#settleCommit(active.id, sealed.bare),
      discard: async () => undefined,
    };
  }

  #settleCommit(id: number, bare: BareLayer | undefined): void {
    if (bare !== undefined) this.#unsynchronised.recorded();
    this.#layers?.changed(id);
    this.#files.committed(String(id));
  }

  async #seal(key: string, active: SnapshotRecord, call: CallContext): Promise<SealedLayer> {
    try {
      return await this.#driver.seal(driverSnapshot(active), call);
    } catch (error) {
      throw withContext(error, commitFailed(key));
    }
  }

  #recordCommit(tx: WriteTransaction, commit: SealedCommit): void {
    inContext(commitFailed(commit.key), () => {
      const { name, key, labels, parent, sealed } = commit;
      const usage = { size: sealed.size, inodes: sealed.inodes };
      const record = this.#tree.commitActive(tx, { name, key, labels, parent, usage });
      if (record.id !== commit.id) {
        throw new AbortedError(`snapshot "${commit.key}" was replaced while it was committed`);
      }
      if (record.parent !== commit.before && !this.#canRebase()) {
        throw new NotImplementedError('this snapshotter puts no snapshot onto a parent at its commit (rebase)');
      }
      if (sealed.bare !== undefined) this.#unsynchronised.record(tx, record.id, sealed.bare);
    });
  }

  /** A layer that is a whole copy would hide what is below it: rather an error than a layer that lacks files. */
  #canRebase(): boolean {
    const { layersAreDifferences, names } = this.#driver.capabilities;
    return layersAreDifferences ?? names.includes('rebase');
  }

  recordRemove(tx: WriteTransaction, key: string): RemovedFiles {
    const { id } = inContext(`failed to remove snapshot ${key}`, () => this.#tree.remove(tx, key));
    return { settle: (call) => this.#files.delete(String(id), call) };
  }

  async stageUpdate(key: string, change: LabelChange, call: CallContext): Promise<StagedUpdate> {
    const staged = await this.#limits.stage(key, change, call);
    let layer: number | undefined;
    const record = (tx: WriteTransaction) => {
      staged.check(tx);
      const updated = this.#tree.updateInfo(tx, key, change);
      layer = updated.kind === 'committed' ? updated.id : undefined;
      return this.#shown({ name: key, record: updated });
    };
    const settle = () => {
      if (layer !== undefined) this.#layers?.changed(layer);
      staged.settle();
    };
    return { record, settle, discard: staged.discard };
  }

  inspect(tx: ReadTransaction, key: string): Info | undefined {
    const record = this.#tree.find(tx, key);
    return record === undefined ? undefined : this.#shown({ name: key, record });
  }

  glance(tx: ReadTransaction, key: string): Pick<Info, 'kind' | 'labels'> | undefined {
    const head = this.#tree.head(tx, key);
    if (head === undefined) return undefined;
    const labels = this.#driver.shownLabels?.({ id: String(head.id), kind: head.kind });
    return { kind: head.kind, labels: labels ?? noLabels };
  }

  get addsLabels(): boolean {
    return this.#driver.shownLabels?.({ id: '0', kind: 'active' }) !== undefined;
  }

  inspectMounts(tx: ReadTransaction, key: string): readonly Mount[] {
    const record = inContext('failed to get active mount', () => this.#tree.getSnapshot(tx, key));
    return this.#driver.mounts(driverSnapshot(record));
  }

  /** What a snapshot takes; the driver measures an active one. @throws NotFoundError when there is none. */
  async usage(key: string, call: CallContext): Promise<Usage> {
    const record = this.#store.read((tx) => this.#tree.getInfo(tx, key));
    if (record.kind === 'committed') return record.usage;
    if (record.kind === 'view') return noUsage;
    return this.#driver.usage(driverSnapshot(record), call);
  }

  /** Up to `limit` snapshots behind `after`, in the byte order of their names. */
  page(tx: ReadTransaction, page: { readonly after: string | undefined; readonly limit: number }): Info[] {
    const onUnreadable = (error: unknown) => this.#errors.report('read the record of a snapshot', error);
    return this.#tree.walk(tx, { ...page, onUnreadable }).map((found) => this.#shown(found));
  }

  /** Whether files with this name are being made or deleted, so that no record needs to speak of them. */
  isBusy(id: string): boolean {
    return this.#files.isBusy(id);
  }

  /** Waits for the files of removed snapshots, deletes files that no record speaks of, sets limits as recorded. */
  async deleteStrays(call: CallContext): Promise<void> {
    await this.#files.deleteStrays(call);
    await this.#limits.reconcile(call);
  }

  /** Mends what an earlier process left; see `LocalSnapshotter.recover`. */
  async recover(call: CallContext): Promise<RecoveryReport> {
    const report = await this.#files.recover((within) => this.#limits.reconcile(within), call);
    return { ...report, recreated: report.recreated + this.#unsynchronised.remade };
  }

  /** Stops deleting; what is left is found at the next start. */
  async close(): Promise<void> {
    await Promise.all([this.#files.close(), this.#unsynchronised.close(), this.#layers?.close()]);
    await this.#driver.close();
  }

  #shown({ name, record }: NamedRecord): Info {
    const info = infoOf(name, record);
    const labels = this.#driver.shownLabels?.({ id: String(record.id), kind: record.kind });
    return labels === undefined ? info : { ...info, labels: new Map([...info.labels, ...labels]) };
  }
}

interface StagedFiles {
  readonly id: number;
  readonly snapshot: DriverSnapshot;
  readonly request: StageCreateRequest;
}

interface Opened {
  readonly ids: IdAllocator;
  readonly found: FoundFiles;
  readonly unsynchronised: UnsynchronisedLayers;
  readonly tree: SnapshotTree;
}

interface SealedCommit extends RecordCommitRequest {
  readonly key: string;
  readonly sealed: SealedLayer;
  readonly id: number | undefined;
  /** The parent that it had when it was sealed; undefined when there was no active snapshot. */
  readonly before: string | undefined;
}

const createFailed = 'failed to create snapshot';
const commitFailed = (key: string): string => `failed to commit snapshot ${key}`;

function inContext<T>(context: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw withContext(error, context);
  }
}

function standsOn(record: SnapshotRecord, snapshot: DriverSnapshot): boolean {
  const parentId = record.parentIds[0];
  return (parentId === undefined ? undefined : String(parentId)) === snapshot.parentIds[0];
}
