import { NotFoundError } from '../../errors/index.js';
import { parseFilters } from '../../filters/index.js';
import type { Store } from '../../store/index.js';
import { infoFields } from '../api/info-fields.js';
import { validateKey } from '../api/keys.js';
import { eachOf, type PagedSnapshotter } from '../api/paged-walk.js';
import type { CommitRequest, CreateRequest, UpdateRequest, WalkRequest } from '../api/snapshotter.js';
import {
  type CallContext,
  type Info,
  type Kind,
  type Mount,
  noContext,
  throwIfCallAborted,
  type Usage,
} from '../api/types.js';
import type { DriverChecker } from '../driver/driver-checker.js';
import type { LayerObserver } from './layer-observer.js';
import type { LocalSnapshotterOptions } from './local-options.js';
import { LocalStages } from './local-stages.js';
import type { RecoveryReport } from './recovery.js';
import { recordStaged, type StagedSnapshotter } from './staging.js';

const walkPage = 256;

/** The longest key in a back end: a client's key behind `<namespace>/<number>/`. */
const maxBackendKeyBytes = 33_024;

/**
 * A snapshotter over a driver on this machine: keeps the records, and has the driver make the files. Each operation is
 * its two halves (see `staging.ts`) put together.
 */
export class LocalSnapshotter implements PagedSnapshotter {
  /** The halves of the operations, for a layer above that shares the store. */
  readonly stages: StagedSnapshotter;
  /** Looks at its files; absent where the back end cannot. */
  readonly checker: DriverChecker | undefined;
  /** Who is told of its layers; absent when nobody is. */
  readonly layers: LayerObserver | undefined;
  readonly #stages: LocalStages;
  readonly #store: Store;

  private constructor({ store, driver, layers }: LocalSnapshotterOptions, stages: LocalStages) {
    this.#store = store;
    this.#stages = stages;
    this.stages = stages;
    this.checker = driver.checker;
    this.layers = layers;
  }

  /** Opens it over a store and a driver that are open already. Costs one durable write. */
  static async open(options: LocalSnapshotterOptions): Promise<LocalSnapshotter> {
    return new LocalSnapshotter(options, await LocalStages.open(options));
  }

  prepare(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#create('active', request, call);
  }

  view(request: CreateRequest, call: CallContext = noContext): Promise<readonly Mount[]> {
    return this.#create('view', request, call);
  }

  async #create(
    kind: Exclude<Kind, 'committed'>,
    request: CreateRequest,
    call: CallContext,
  ): Promise<readonly Mount[]> {
    validateKey('key', request.key, maxBackendKeyBytes);
    const { parent = '', labels } = request;
    const staged = await this.#stages.stageCreate({ kind, parent, labels }, call);
    return recordStaged({ store: this.#store, staged, call, record: (tx) => staged.record(tx, request.key) });
  }

  async mounts(key: string, call: CallContext = noContext): Promise<readonly Mount[]> {
    throwIfCallAborted(call);
    return this.#store.read((tx) => this.#stages.inspectMounts(tx, key));
  }

  async commit(request: CommitRequest, call: CallContext = noContext): Promise<void> {
    validateKey('name', request.name, maxBackendKeyBytes);
    const { name, labels, parent = '' } = request;
    const staged = await this.#stages.stageCommit(request.key, call);
    const record = { name, labels, parent };
    await recordStaged({ store: this.#store, staged, call, record: (tx) => staged.record(tx, record) });
  }

  async remove(key: string, call: CallContext = noContext): Promise<void> {
    const removed = await this.#store.write((tx) => {
      throwIfCallAborted(call);
      return this.#stages.recordRemove(tx, key);
    });
    await removed.settle(call);
  }

  async stat(key: string, call: CallContext = noContext): Promise<Info> {
    throwIfCallAborted(call);
    const info = this.#store.read((tx) => this.#stages.inspect(tx, key));
    if (info === undefined) throw new NotFoundError('snapshot does not exist');
    return info;
  }

  async update(request: UpdateRequest, call: CallContext = noContext): Promise<Info> {
    throwIfCallAborted(call);
    const staged = await this.#stages.stageUpdate(request.name, request, call);
    return recordStaged({ store: this.#store, staged, call, record: (tx) => staged.record(tx) });
  }

  async usage(key: string, call: CallContext = noContext): Promise<Usage> {
    throwIfCallAborted(call);
    return this.#stages.usage(key, call);
  }

  walk(request: WalkRequest = {}, call: CallContext = noContext): AsyncIterable<Info> {
    return eachOf(this.walkPages(request, call));
  }

  async *walkPages(request: WalkRequest, call: CallContext): AsyncGenerator<readonly Info[]> {
    const filter = parseFilters(request.filters ?? []);
    let after: string | undefined;
    for (;;) {
      throwIfCallAborted(call);
      const page = this.#store.read((tx) => this.#stages.page(tx, { after, limit: walkPage }));
      const matching = filter.matchesAll ? page : page.filter((info) => filter.matches(infoFields(info)));
      if (matching.length > 0) yield matching;
      if (page.length < walkPage) return;
      after = page.at(-1)?.name;
    }
  }

  /**
   * Mends what an earlier process left, in the background of other calls; to be called once, at the start.
   * @throws what reading the place of snapshots throws; failures with single snapshots are reported and counted.
   */
  recover(call: CallContext = noContext): Promise<RecoveryReport> {
    return this.#stages.recover(call);
  }

  cleanup(call: CallContext = noContext): Promise<void> {
    return this.#stages.deleteStrays(call);
  }

  /** Whether files with this name are being made or deleted right now, so that no record needs to speak of them. */
  isBusy(id: string): boolean {
    return this.#stages.isBusy(id);
  }

  close(): Promise<void> {
    return this.#stages.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
