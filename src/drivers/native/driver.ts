import { chmodSync, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { FaultPoints } from '../../base/index.js';
import {
  DataLossError,
  fromSystemError,
  InternalError,
  StrataError,
  systemErrorCode,
  throwIfAborted,
} from '../../errors/index.js';
import {
  type CallContext,
  type Driver,
  type DriverChecker,
  type DriverLimiter,
  type DriverSnapshot,
  type Mount,
  noLimits,
  type Usage,
} from '../../snapshots/index.js';
import { canShareBlocks, diskUsage, namesInDirectory, removeTrees } from '../../trees/index.js';
import { ensureDirectory } from '../kit/directories.js';
import { LayerSync } from '../kit/layer-sync.js';
import { Manifests } from '../kit/manifests.js';
import { SnapshotProjects } from '../kit/snapshot-projects.js';
import { nativeChecker, TREE_MODE } from './checker.js';
import { nativeMounts, snapshotDirectory, snapshotsDirectory, treeOf } from './mounts.js';
import { type NativeOptions, type ResolvedNativeOptions, resolveNativeOptions } from './options.js';

/** The mode of each directory, exact whatever the umask: the driver's own, and the top of a tree without a parent. */
const MODES = { own: 0o700, tree: TREE_MODE } as const;

/**
 * Opens a driver that gives each snapshot a full copy of its parent's files, to be bind-mounted (containerd:
 * plugins/snapshots/native). It works on every file system, for every user, and in every container; it is slow, and
 * takes room for each copy, except on a file system with reflinks, where copies share their blocks until one is written
 * to. The root and what is missing in it are made.
 *
 *     <root>/              0700
 *       snapshots/         0700
 *         <id>/            the tree of one snapshot; none for a view over a parent
 *       manifests/         0700
 *         <id>             0600  what is in a committed layer, when that is asked for
 *
 * Where the file system has project quota, snapshots can be limited, the copy of the parent included.
 *
 * What a snapshot takes is its whole tree, as in containerd, less the blocks that it shares with other files where the
 * file system has reflinks: what is left is what this snapshot alone keeps on disk. All its inodes are its own.
 * @throws InvalidArgumentError for a root that is no absolute path, PermissionDeniedError when it cannot be made.
 */
export async function openNativeDriver(options: NativeOptions): Promise<Driver> {
  const resolved = resolveNativeOptions(options);
  ensureDirectory(resolved.root, MODES.own);
  ensureDirectory(snapshotsDirectory(resolved.root), MODES.own);
  return new NativeDriver(resolved);
}

class NativeDriver implements Driver {
  readonly capabilities = Object.freeze({ names: [] });
  readonly root: string;
  readonly checker: DriverChecker;
  readonly #manifests: Manifests;
  readonly #sharesBlocks: boolean;
  readonly #sync: LayerSync | undefined;
  readonly #faults: FaultPoints;
  readonly #copyTree: ResolvedNativeOptions['copy'];
  readonly #projects: SnapshotProjects;
  readonly limiter: DriverLimiter;

  constructor({ root, durability, manifest, faults, copy, projectIdBase: base, projectQuota }: ResolvedNativeOptions) {
    this.root = root;
    const directoriesOf = (id: string): readonly [string] => [snapshotDirectory(root, id)];
    const projects = new SnapshotProjects({ root, state: projectQuota(root), base, directoriesOf });
    this.#projects = projects;
    this.limiter = { support: () => projects.support(), set: async ({ id }, limits) => projects.limit(id, limits) };
    this.checker = nativeChecker(root);
    this.#manifests = new Manifests(root, manifest);
    this.#sharesBlocks = canShareBlocks(root);
    this.#faults = faults;
    this.#copyTree = copy;
    this.#sync = durability === 'full' ? new LayerSync(root) : undefined;
  }

  async create(snapshot: DriverSnapshot, { signal }: CallContext): Promise<void> {
    throwIfAborted(signal);
    const [parent] = snapshot.parentIds;
    if (parent === undefined) await this.#makeEmpty(snapshot);
    else if (snapshot.kind === 'view') this.#requireTree(parent);
    else await this.#copy(snapshot, parent, signal);
  }

  async #makeEmpty({ id, kind, limits = noLimits }: DriverSnapshot): Promise<void> {
    const path = snapshotDirectory(this.root, id);
    try {
      await mkdir(path, { mode: MODES.tree });
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw fromSystemError(error, 'failed to create snapshot directory');
      throw existsAlready(id, error);
    }
    this.#faults.reach('native.made');
    chmodSync(path, MODES.tree);
    if (kind === 'active') await this.#orDiscard(id, async () => this.#projects.start(id, limits));
  }

  async #copy(snapshot: DriverSnapshot, parent: string, signal: AbortSignal | undefined): Promise<void> {
    this.#requireTree(parent);
    const to = snapshotDirectory(this.root, snapshot.id);
    try {
      const onMade = () => this.#projects.start(snapshot.id, noLimits);
      await this.#copyTree({ from: snapshotDirectory(this.root, parent), to, signal, onMade });
    } catch (error) {
      if (error instanceof StrataError && error.code === 'AlreadyExists') throw existsAlready(snapshot.id, error);
      throw fromSystemError(error, 'failed to copy the parent');
    }
    this.#faults.reach('native.copied');
    await this.#orDiscard(snapshot.id, async () => {
      // A power cut must not turn a snapshot that is recorded into half of its parent.
      if (this.#sync !== undefined) await this.#putOnDisk(snapshot.id, await diskUsage(to, { signal }), signal);
      // Whatever the parent takes: then nothing more can be written.
      this.#projects.limit(snapshot.id, snapshot.limits ?? noLimits);
      throwIfAborted(signal);
    });
  }

  async #orDiscard(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await removeTrees(snapshotsDirectory(this.root), [id]);
      throw fromSystemError(error);
    }
  }

  /** @throws DataLossError when the tree of a parent is gone. */
  #requireTree(id: string): void {
    if (!existsSync(snapshotDirectory(this.root, id))) throw new DataLossError(`the files of snapshot ${id} are gone`);
  }

  async #putOnDisk(id: string, usage: Usage, signal: AbortSignal | undefined): Promise<void> {
    const parents = [snapshotsDirectory(this.root)];
    await this.#sync?.sync({ path: snapshotDirectory(this.root, id), parents, ...usage }, signal);
  }

  async seal(snapshot: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    const usage = await this.#measure(snapshot, signal);
    this.#faults.reach('native.measured');
    await this.#manifests.write({ id: snapshot.id, tree: snapshotDirectory(this.root, snapshot.id) }, signal);
    // Before the record says that the layer is complete, it is.
    await this.#putOnDisk(snapshot.id, usage, signal);
    throwIfAborted(signal);
    return usage;
  }

  mounts(snapshot: DriverSnapshot): readonly Mount[] {
    return nativeMounts(snapshot, this.root);
  }

  async usage(snapshot: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    if (treeOf(snapshot) !== snapshot.id) return { size: 0, inodes: 0 };
    // Quota counts blocks that are shared with the parent as well.
    const counted = this.#mayShare(snapshot) ? undefined : this.#projects.usage(snapshot.id);
    return counted ?? this.#measure(snapshot, signal);
  }

  /** Without a parent there is nothing to share with, and blocks that a container's own files share count once. */
  #mayShare({ parentIds }: DriverSnapshot): boolean {
    return this.#sharesBlocks && parentIds.length > 0;
  }

  #measure(snapshot: DriverSnapshot, signal: AbortSignal | undefined): Promise<Usage> {
    return diskUsage(snapshotDirectory(this.root, snapshot.id), { signal, withoutShared: this.#mayShare(snapshot) });
  }

  async discard(ids: readonly string[], { signal }: CallContext): Promise<void> {
    const failure = this.#projects.end(ids);
    this.#faults.reach('native.discarding');
    await removeTrees(snapshotsDirectory(this.root), ids, { signal });
    this.#faults.reach('native.discarded');
    await this.#manifests.remove(ids);
    // Whether or not its quota could be taken off, a snapshot that is deleted is gone.
    if (failure !== undefined) throw failure;
  }

  async *ids(): AsyncIterable<string> {
    yield* namesInDirectory(snapshotsDirectory(this.root));
    yield* this.#manifests.strays((id) => existsSync(snapshotDirectory(this.root, id)));
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function existsAlready(id: string, cause: unknown): InternalError {
  return new InternalError(`the directory of new snapshot ${id} exists already`, { cause });
}
