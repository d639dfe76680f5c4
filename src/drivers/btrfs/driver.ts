import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import { fromSystemError, throwIfAborted } from '../../errors/index.js';
import { GroupSync } from '../../linux/index.js';
import {
  type CallContext,
  type Driver,
  type DriverChecker,
  type DriverLimiter,
  type DriverSnapshot,
  type Mount,
  noUsage,
  type Usage,
} from '../../snapshots/index.js';
import { subvolumeUsage } from '../../trees/index.js';
import { FileLists } from '../kit/file-lists.js';
import { btrfsChecker } from './checker.js';
import { btrfsLimiter } from './limiter.js';
import { btrfsMounts } from './mounts.js';
import { type BtrfsOptions, resolveRoot } from './options.js';
import { type BtrfsPlace, PLACES, prepareRoot } from './probe.js';
import { deleteAll, makeLayer, makeSubvolume, subvolumePath } from './subvolumes.js';

/**
 * Opens a driver that keeps each snapshot in a subvolume of btrfs and has the file system share what they have in common
 * (containerd: plugins/snapshots/btrfs). Making a snapshot costs one transaction of the file system, whatever the
 * layers below hold; a file of a layer is never copied, only the blocks of it that change.
 * @throws InvalidArgumentError for a root that cannot work.
 * @throws FailedPreconditionError when the root is not on a btrfs; nothing is made then.
 * @throws PermissionDeniedError when the root cannot be made.
 */
export async function openBtrfsDriver(options: BtrfsOptions): Promise<Driver> {
  const root = resolveRoot(options);
  const { fileList = false, faults = noFaults } = options;
  return new BtrfsDriver({ root, place: prepareRoot(root), fileList, faults });
}

interface BtrfsParts {
  readonly root: string;
  readonly place: BtrfsPlace;
  readonly fileList: boolean;
  readonly faults: FaultPoints;
}

class BtrfsDriver implements Driver {
  readonly capabilities = Object.freeze({ names: Object.freeze([]) });
  readonly limiter: DriverLimiter;
  readonly root: string;
  readonly checker: DriverChecker;
  readonly #lists: FileLists;
  readonly #place: BtrfsPlace;
  readonly #sync: GroupSync;
  readonly #faults: FaultPoints;
  /** Ids of layers that this process made and whose commits are not recorded yet. */
  readonly #sealed = new Set<string>();

  constructor({ root, place, fileList, faults }: BtrfsParts) {
    this.root = root;
    this.checker = btrfsChecker(root);
    this.#lists = FileLists.below(root, fileList);
    this.#faults = faults;
    this.#place = place;
    this.#sync = new GroupSync(root);
    this.limiter = btrfsLimiter(root);
  }

  async create(snapshot: DriverSnapshot, call: CallContext): Promise<void> {
    throwIfAborted(call.signal);
    await makeSubvolume(this.root, snapshot, this.#faults);
    if (call.signal?.aborted !== true) return;
    await this.discard([snapshot.id], {});
    throwIfAborted(call.signal);
  }

  async seal({ id }: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    throwIfAborted(signal);
    const layer = subvolumePath(this.root, 'committed', id);
    this.#sealed.add(id);
    try {
      await makeLayer(this.root, id);
      this.#faults.reach('btrfs.layered');
      await this.#lists.write({ id, tree: layer }, signal);
      return await subvolumeUsage(layer, { signal, since: subvolumePath(this.root, 'active', id) });
    } catch (error) {
      await deleteAll(dirname(layer), [id]);
      throw fromSystemError(error, 'failed to make the layer');
    }
  }

  async committed(ids: readonly string[], { signal }: CallContext): Promise<void> {
    for (const id of ids) this.#sealed.delete(id);
    const directory = join(this.root, PLACES.active);
    const there = new Set(await readdir(directory));
    const left = ids.filter((id) => there.has(id));
    if (left.length === 0) return;
    this.#faults.reach('btrfs.leaving');
    await deleteAll(directory, left, signal);
    this.#faults.reach('btrfs.left');
  }

  mounts(snapshot: DriverSnapshot): readonly Mount[] {
    return btrfsMounts(snapshot, this.#place);
  }

  async usage({ id, kind }: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    if (kind === 'view') return noUsage;
    // Data counts only when it has a place on disk.
    await this.#sync.sync();
    return subvolumeUsage(subvolumePath(this.root, 'active', id), { signal });
  }

  /** Deletes the layer of a commit that an earlier process did not record. Everything else exists. */
  async recreate({ id, kind }: DriverSnapshot, { signal }: CallContext): Promise<boolean> {
    if (kind === 'active' && !this.#sealed.has(id)) await deleteAll(join(this.root, PLACES.committed), [id], signal);
    return false;
  }

  async discard(ids: readonly string[], { signal }: CallContext): Promise<void> {
    for (const id of ids) this.#sealed.delete(id);
    this.#faults.reach('btrfs.discarding');
    for (const place of Object.values(PLACES)) await deleteAll(join(this.root, place), ids, signal);
    this.#faults.reach('btrfs.discarded');
    await this.#lists.remove(ids);
  }

  async *ids(): AsyncIterable<string> {
    const found = new Set<string>();
    for (const place of Object.values(PLACES)) {
      for (const name of await readdir(join(this.root, place))) found.add(name);
    }
    for (const name of await this.#lists.ids()) found.add(name);
    yield* found;
  }

  async close(): Promise<void> {
    // Nothing is held between calls.
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
