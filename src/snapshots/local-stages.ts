import { AbortedError, CanceledError, NotImplementedError, withContext } from '../errors/index.js';
import { type FaultPoints, noFaults } from '../faults/index.js';
import type { ReadTransaction, Store, WriteTransaction } from '../store/index.js';
import { CommitLeftovers } from './commit-leftovers.js';
import { type BackgroundErrors, DiscardQueue } from './discards.js';
import type { Driver, DriverSnapshot } from './driver.js';
import { IdAllocator } from './ids.js';
import type { LayerObserver } from './layer-observer.js';
import { LimitChanges } from './limit-changes.js';
import { Limiter, type LimitSettings } from './limiter.js';
import { type FoundFiles, findFiles, idOf, namesOnDisk, Recovery, type RecoveryReport } from './recovery.js';
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
import type { SnapshotRecord } from './tables.js';
import { infoOf, type NamedRecord, SnapshotTree } from './tree.js';
import {
  type CallContext,
  type Info,
  type Mount,
  noContext,
  noLabels,
  noUsage,
  throwIfCallAborted,
  type Usage,
} from './types.js';

/** What a local snapshotter is made of. */
export interface LocalSnapshotterOptions {
  /** Keeps its records apart from those of others in the store; the plugin id. Part of the disk format. */
  readonly name: string;
  readonly store: Store;
  /** Closed with the snapshotter. */
  readonly driver: Driver;
  /**
   * Whether `remove` resolves only after the files are gone (containerd: `sync_remove`). Default false: they go in the
   * background, so that removing a large snapshot takes no longer than a small one.
   */
  readonly syncRemove?: boolean;
  /** What limits hold, and what happens where they cannot. */
  readonly limits?: LimitSettings;
  /** Told of layers that have come or changed; closed with the snapshotter. Default: nobody is. */
  readonly layers?: LayerObserver;
  /** Told about failures in the background. */
  readonly errors?: BackgroundErrors;
  /** Told when an operation passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

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
  readonly #discards: DiscardQueue;
  readonly #leftovers: CommitLeftovers;
  readonly #layers: LayerObserver | undefined;
  readonly #syncRemove: boolean;
  readonly #errors: BackgroundErrors;
  readonly #faults: FaultPoints;
  readonly #limiter: Limiter;
  readonly #limits: LimitChanges;
  readonly #recovery: Recovery;
  readonly #firstNewId: number;
  readonly #closing = new AbortController();
  /** What lay in the place of snapshots at the start; gone when the recovery has begun. */
  #found: FoundFiles;
  #recovering: Promise<void> | undefined;
  /** Ids whose files are there and whose records are not, yet. */
  readonly #staging = new Set<string>();
  /** Ids whose files a caller waits to see deleted. */
  readonly #deleting = new Set<string>();

  private constructor(options: LocalSnapshotterOptions, ids: IdAllocator, found: FoundFiles) {
    this.#store = options.store;
    this.#driver = options.driver;
    this.#tree = new SnapshotTree(options.name);
    this.#ids = ids;
    this.#syncRemove = options.syncRemove ?? false;
    this.#errors = options.errors ?? silent;
    this.#faults = options.faults ?? noFaults;
    const { store, driver } = options;
    const discard = (ids: readonly string[], call: CallContext) => driver.discard(ids, call);
    this.#discards = new DiscardQueue({ task: 'delete the files of snapshots', discard }, this.#errors);
    this.#leftovers = new CommitLeftovers(driver, this.#errors);
    this.#layers = options.layers;
    this.#limiter = new Limiter(options.driver, options.limits ?? {}, this.#errors);
    this.#found = found;
    this.#firstNewId = ids.firstId;
    this.#recovery = new Recovery({ store, driver, tree: this.#tree, errors: this.#errors, faults: this.#faults });
    this.#limits = new LimitChanges({
      store,
      driver,
      tree: this.#tree,
      limiter: this.#limiter,
      errors: this.#errors,
      faults: this.#faults,
    });
  }

  /**
   * Costs one durable write and one listing of the place of snapshots, and reading all records where the driver has to
   * restore something.
   */
  static async open(options: LocalSnapshotterOptions): Promise<LocalStages> {
    const { store, name: snapshotter, driver, faults } = options;
    await driver.restore?.(recordedSnapshots(options));
    const found = await findFiles(driver);
    const above = found.names.reduce((highest, name) => Math.max(highest, idOf(name) ?? 0), 0);
    return new LocalStages(options, await IdAllocator.open({ store, snapshotter, faults, above }), found);
  }

  async stageCreate(request: StageCreateRequest, call: CallContext): Promise<StagedCreate> {
    throwIfCallAborted(call);
    const { kind, labels = noLabels } = request;
    const chain = this.#store.read((tx) => inContext(createFailed, () => this.#tree.chainOver(tx, request.parent)));
    const limits = inContext(createFailed, () => this.#limiter.ofNew(kind, labels));
    const id = await this.#ids.next();
    const snapshot = { ...driverSnapshot({ id, kind, parentIds: chain.ids, labels }), limits };
    this.#staging.add(snapshot.id);
    this.#faults.reach('create.begun');
    try {
      await this.#driver.create(snapshot, call);
    } catch (error) {
      this.#staging.delete(snapshot.id);
      throw withContext(error, createFailed);
    }
    this.#faults.reach('create.staged');
    const record = (tx: WriteTransaction, key: string) => this.#recordCreate(tx, key, { id, snapshot, request });
    return { record, settle: () => this.#staging.delete(snapshot.id), discard: () => this.#unstage(snapshot.id) };
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

  async #unstage(id: string): Promise<void> {
    this.#faults.reach('create.refused');
    try {
      await this.#driver.discard([id], noContext);
    } catch (error) {
      this.#errors.report(`delete the files of the unrecorded snapshot ${id}`, error);
    }
    this.#staging.delete(id);
  }

  async stageCommit(key: string, call: CallContext): Promise<StagedCommit> {
    throwIfCallAborted(call);
    const record = this.#store.read((tx) => this.#tree.find(tx, key));
    const active = record?.kind === 'active' ? record : undefined;
    // What is not active is refused by `record`, in the order of checks that clients know.
    const usage = active === undefined ? noUsage : await this.#seal(key, active, call);
    this.#faults.reach('commit.sealed');
    return {
      record: (tx, request) =>
        this.#recordCommit(tx, { ...request, key, usage, id: active?.id, before: active?.parent }),
      settle: () => active !== undefined && this.#settleCommit(active.id),
      discard: async () => undefined,
    };
  }

  #settleCommit(id: number): void {
    this.#layers?.changed(id);
    this.#leftovers.drop(String(id));
  }

  async #seal(key: string, active: SnapshotRecord, call: CallContext): Promise<Usage> {
    try {
      return await this.#driver.seal(driverSnapshot(active), call);
    } catch (error) {
      throw withContext(error, commitFailed(key));
    }
  }

  #recordCommit(tx: WriteTransaction, commit: SealedCommit): void {
    inContext(commitFailed(commit.key), () => {
      const record = this.#tree.commitActive(tx, commit);
      if (record.id !== commit.id) {
        throw new AbortedError(`snapshot "${commit.key}" was replaced while it was committed`);
      }
      if (record.parent !== commit.before && !this.#canRebase()) {
        throw new NotImplementedError('this snapshotter puts no snapshot onto a parent at its commit (rebase)');
      }
    });
  }

  /** A layer that is a whole copy would hide what is below it: rather an error than a layer that lacks files. */
  #canRebase(): boolean {
    const { layersAreDifferences, names } = this.#driver.capabilities;
    return layersAreDifferences ?? names.includes('rebase');
  }

  recordRemove(tx: WriteTransaction, key: string): RemovedFiles {
    const { id } = inContext(`failed to remove snapshot ${key}`, () => this.#tree.remove(tx, key));
    return { settle: (call) => this.#deleteFiles(String(id), call) };
  }

  async #deleteFiles(id: string, call: CallContext): Promise<void> {
    this.#faults.reach('remove.recorded');
    if (!this.#syncRemove) return this.#discards.add([id]);
    this.#deleting.add(id);
    try {
      await this.#driver.discard([id], call);
    } catch (error) {
      this.#errors.report(`delete the files of snapshot ${id}`, error);
    } finally {
      this.#deleting.delete(id);
    }
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
    return this.#staging.has(id) || this.#deleting.has(id) || this.#discards.has(id);
  }

  /** Waits for the files of removed snapshots, deletes files that no record speaks of, sets limits as recorded. */
  async deleteStrays(call: CallContext): Promise<void> {
    await Promise.all([this.#discards.drain(), this.#leftovers.drain()]);
    await this.#recovering;
    const names = await namesOnDisk(this.#driver);
    throwIfCallAborted(call);
    // The order matters: an id leaves the staging set after its record is there, so what is neither staged now nor
    // recorded afterwards will never be recorded.
    const candidates = names.filter((name) => !this.#staging.has(name));
    await this.#recovery.deleteStrays(candidates, call);
    this.#leftovers.search(() => this.#recovery.committedAmong(candidates));
    await this.#leftovers.drain();
    await this.#limits.reconcile(call);
  }

  /** Mends what an earlier process left; see `LocalSnapshotter.recover`. */
  async recover(call: CallContext): Promise<RecoveryReport> {
    const { names, error } = this.#found;
    this.#found = { names: [], error: undefined };
    if (error !== undefined) throw error;
    const signals = [this.#closing.signal, ...(call.signal === undefined ? [] : [call.signal])];
    const recovered = this.#recover(names, { signal: AbortSignal.any(signals) });
    this.#recovering = recovered.then(
      () => undefined,
      () => undefined,
    );
    return recovered;
  }

  async #recover(names: readonly string[], call: CallContext): Promise<RecoveryReport> {
    const { report, committed } = await this.#recovery.run({ names, firstNewId: this.#firstNewId }, call);
    this.#leftovers.search(() => committed);
    await this.#limits.reconcile(call);
    return report;
  }

  /** Stops deleting; what is left is found at the next start. */
  async close(): Promise<void> {
    this.#closing.abort(new CanceledError('the snapshotter is closed'));
    await this.#recovering;
    await Promise.all([this.#discards.close(), this.#leftovers.close(), this.#layers?.close()]);
    await this.#driver.close();
  }

  #shown({ name, record }: NamedRecord): Info {
    const info = infoOf(name, record);
    const labels = this.#driver.shownLabels?.({ id: String(record.id), kind: record.kind });
    return labels === undefined ? info : { ...info, labels: new Map([...info.labels, ...labels]) };
  }
}

/** How many records are read at once. */
const RESTORE_PAGE = 256;

function* recordedSnapshots({ store, name }: LocalSnapshotterOptions): Generator<DriverSnapshot> {
  const tree = new SnapshotTree(name);
  for (let after: string | undefined; ; ) {
    // A record that cannot be read is reported by the recovery that follows; nothing can be restored by it.
    const page = store.read((tx) => tree.walk(tx, { after, limit: RESTORE_PAGE, onUnreadable: () => undefined }));
    for (const { record } of page) yield driverSnapshot(record);
    after = page.at(-1)?.name;
    if (page.length < RESTORE_PAGE) return;
  }
}

interface StagedFiles {
  readonly id: number;
  readonly snapshot: DriverSnapshot;
  readonly request: StageCreateRequest;
}

interface SealedCommit extends RecordCommitRequest {
  readonly key: string;
  readonly usage: Usage;
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
