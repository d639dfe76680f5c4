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
  type DriverSnapshot,
  type Mount,
  noLimits,
  type Usage,
} from '../../snapshots/index.js';
import { diskUsage, namesInDirectory, removeTrees } from '../../trees/index.js';
import { ensureDirectory } from '../kit/directories.js';
import { FileLists } from '../kit/file-lists.js';
import { LayerSync } from '../kit/layer-sync.js';
import type { ProjectLimiter } from '../kit/project-limiter.js';
import { nativeChecker, TREE_MODE } from './checker.js';
import { nativeLimiter } from './limiter.js';
import { nativeMounts, snapshotDirectory, snapshotsDirectory, treeOf } from './mounts.js';
import { type NativeOptions, type ResolvedNativeOptions, resolveNativeOptions } from './options.js';
import { type NativeSetup, probeNative } from './probe.js';

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
 *       file-lists/        0700
 *         <id>             0600  what is in a committed layer, when that is asked for
 *
 * Where the file system has project quota, snapshots can be limited, the copy of the parent included.
 *
 * The usage of a snapshot is its whole tree, as in containerd, without the blocks that it shares with other files where the
 * file system has reflinks. All its inodes count.
 * @throws InvalidArgumentError for a root that is no absolute path, PermissionDeniedError when it cannot be made.
 */
export async function openNativeDriver(options: NativeOptions): Promise<Driver> {
  const resolved = resolveNativeOptions(options);
  ensureDirectory(resolved.root, MODES.own);
  ensureDirectory(snapshotsDirectory(resolved.root), MODES.own);
  return new NativeDriver(resolved, probeNative(resolved));
}

class NativeDriver implements Driver {
  readonly capabilities = Object.freeze({ names: [] });
  readonly root: string;
  readonly checker: DriverChecker;
  readonly #lists: FileLists;
  readonly #sharesBlocks: boolean;
  readonly #sync: LayerSync | undefined;
  readonly #faults: FaultPoints;
  readonly #copyTree: ResolvedNativeOptions['copy'];
  readonly limiter: ProjectLimiter;

  constructor(options: ResolvedNativeOptions, setup: NativeSetup) {
    this.root = options.root;
    this.limiter = nativeLimiter(options, setup);
    this.checker = nativeChecker(options.root);
    this.#lists = FileLists.below(options.root, options.fileList);
    this.#sharesBlocks = setup.sharesBlocks;
    this.#faults = options.faults;
    this.#copyTree = options.copy;
    this.#sync = options.durability === 'full' ? new LayerSync(options.root) : undefined;
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
    if (kind === 'active') await this.#orDiscard(id, async () => this.limiter.start(id, limits));
  }

  async #copy(snapshot: DriverSnapshot, parent: string, signal: AbortSignal | undefined): Promise<void> {
    this.#requireTree(parent);
    const to = snapshotDirectory(this.root, snapshot.id);
    try {
      const onMade = () => this.limiter.start(snapshot.id, noLimits);
      await this.#copyTree({ from: snapshotDirectory(this.root, parent), to, signal, onMade });
    } catch (error) {
      if (error instanceof StrataError && error.code === 'AlreadyExists') throw existsAlready(snapshot.id, error);
      throw fromSystemError(error, 'failed to copy the parent');
    }
    this.#faults.reach('native.copied');
    await this.#orDiscard(snapshot.id, async () => {
      // A power cut must not turn a recorded snapshot into half of its parent.
      if (this.#sync !== undefined) await this.#putOnDisk(snapshot.id, await diskUsage(to, { signal }), signal);
      // Whatever the parent takes: then nothing more can be written.
      this.limiter.limit(snapshot.id, snapshot.limits ?? noLimits);
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
    await this.#sync?.sync({ path: snapshotDirectory(this.root, id), parents, inodes: usage.inodes }, signal);
  }

  async seal(snapshot: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    const usage = await this.#measure(snapshot, signal);
    this.#faults.reach('native.measured');
    await this.#lists.write({ id: snapshot.id, tree: snapshotDirectory(this.root, snapshot.id) }, signal);
    // On disk before the record says that it is committed.
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
    const counted = this.#mayShare(snapshot) ? undefined : this.limiter.usage(snapshot.id);
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
    const failure = this.limiter.end(ids);
    this.#faults.reach('native.discarding');
    await removeTrees(snapshotsDirectory(this.root), ids, { signal });
    this.#faults.reach('native.discarded');
    await this.#lists.remove(ids);
    // A deleted snapshot is gone, whether or not its quota could be taken off.
    if (failure !== undefined) throw failure;
  }

  async *ids(): AsyncIterable<string> {
    yield* namesInDirectory(snapshotsDirectory(this.root));
    yield* await this.#lists.strays((id) => existsSync(snapshotDirectory(this.root, id)));
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function existsAlready(id: string, cause: unknown): InternalError {
  return new InternalError(`the directory of new snapshot ${id} exists already`, { cause });
}
