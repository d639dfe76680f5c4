import { existsSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import {
  DataLossError,
  FailedPreconditionError,
  fromSystemError,
  InternalError,
  throwIfAborted,
} from '../../errors/index.js';
import { flushLoopDevices } from '../../linux/index.js';
import {
  type CallContext,
  type Driver,
  type DriverChecker,
  type DriverSnapshot,
  type Mount,
  noUsage,
  type Usage,
} from '../../snapshots/index.js';
import { canShareBlocks, copyFile, diskUsage, namesInDirectory, removeTrees } from '../../trees/index.js';
import { ensureDirectory, PRIVATE, removeMountPoints } from '../kit/directories.js';
import { FileLists } from '../kit/file-lists.js';
import { blockfileChecker, openLayer } from './checker.js';
import { settle, syncFile } from './image.js';
import { ImageLimiter } from './limiter.js';
import { blockfileMounts, imageOf, imagePath, mountsDirectory, snapshotsDirectory } from './mounts.js';
import { type BlockfileOptions, type ResolvedBlockfileOptions, resolveBlockfileOptions } from './options.js';
import { whyNoImages } from './probe.js';
import { IMAGE_MODE, makeImage, removeUnfinishedScratch, Scratch } from './scratch.js';

/**
 * Opens a driver that keeps each snapshot in one file, an image of a file system of its own that is mounted through a
 * loop device (containerd: plugins/snapshots/blockfile). A snapshot starts as a copy of its parent's image: on shared
 * blocks where the file system has reflinks, else of the parts that hold data. The root and what is missing in it are
 * made; an image is made when the first snapshot needs it.
 *
 *     <root>/              0700
 *       scratch            0644  the empty image
 *       mounts/            0700  where images are mounted to be resized, if ever
 *       snapshots/         0700
 *         <id>             0644  the image of one snapshot; none for a view over a parent
 *       file-lists/        0700
 *         <id>             0600  what is in a committed layer, when that is asked for
 *
 * A snapshot takes the blocks that its image has and shares with no other, and one inode. It is limited by the size of
 * its file system, which can become larger while it is mounted, and smaller when it is not. A commit of a snapshot that is still
 * mounted takes what is written by then; later writes change the layer, as with all back ends that do not copy layers.
 * @throws InvalidArgumentError for options that cannot work, PermissionDeniedError when the root cannot be made.
 * @throws FailedPreconditionError when there is neither an image to start from nor a program to make one; then nothing is made.
 */
export async function openBlockfileDriver(options: BlockfileOptions): Promise<Driver> {
  const resolved = resolveBlockfileOptions(options);
  const reason = whyNoImages(resolved);
  if (reason !== undefined) throw new FailedPreconditionError(reason);
  ensureDirectory(resolved.root, PRIVATE);
  ensureDirectory(snapshotsDirectory(resolved.root), PRIVATE);
  await removeMountPoints(mountsDirectory(resolved.root));
  await removeUnfinishedScratch(resolved.root);
  // Loop devices know their files by paths without symbolic links.
  return new BlockfileDriver({ ...resolved, root: realpathSync(resolved.root) });
}

class BlockfileDriver implements Driver {
  readonly capabilities = Object.freeze({ names: [] });
  readonly root: string;
  readonly limiter: ImageLimiter;
  readonly checker: DriverChecker;
  readonly #lists: FileLists;
  readonly #options: ResolvedBlockfileOptions;
  readonly #scratch: Scratch;

  constructor(options: ResolvedBlockfileOptions) {
    this.root = options.root;
    this.#options = options;
    this.checker = blockfileChecker({ ...options, open: true });
    this.#lists = FileLists.below(options.root, options.fileList);
    this.#scratch = new Scratch(options);
    this.limiter = new ImageLimiter(options);
  }

  async create(snapshot: DriverSnapshot, { signal }: CallContext): Promise<void> {
    throwIfAborted(signal);
    const [parent] = snapshot.parentIds;
    if (parent !== undefined) this.#requireImage(parent);
    if (imageOf(snapshot) !== snapshot.id) return;
    const path = imagePath(this.root, snapshot.id);
    if (existsSync(path)) throw new InternalError(`the image of new snapshot ${snapshot.id} exists already`);
    try {
      await this.#make(path, snapshot, signal);
      if (this.#options.durability === 'full') await this.#putOnDisk(path);
      throwIfAborted(signal);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async #make(path: string, snapshot: DriverSnapshot, signal: AbortSignal | undefined): Promise<void> {
    const { fsType: type } = this.#options;
    const [parent] = snapshot.parentIds;
    const size = snapshot.limits?.bytes;
    if (parent === undefined && size !== undefined && this.#scratch.hasGenerator) {
      await makeImage(path, { type, size, ...(signal === undefined ? {} : { signal }) });
      this.#options.faults.reach('blockfile.copied');
      return;
    }
    const from = parent === undefined ? await this.#scratch.get() : imagePath(this.root, parent);
    try {
      await copyFile({ from, to: path, mode: IMAGE_MODE, signal });
      this.#options.faults.reach('blockfile.copied');
      if (size !== undefined) await this.limiter.resize(path, size, signal);
    } catch (error) {
      throw fromSystemError(error, 'failed to copy the image');
    }
  }

  /** @throws DataLossError when the image of a parent is gone. */
  #requireImage(id: string): void {
    if (!existsSync(imagePath(this.root, id))) throw new DataLossError(`the image of snapshot ${id} is gone`);
  }

  async #putOnDisk(path: string): Promise<void> {
    await syncFile(path);
    await syncFile(snapshotsDirectory(this.root));
  }

  async seal(snapshot: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    const path = imagePath(this.root, snapshot.id);
    await settle(path, signal).catch((error: unknown) => {
      throw fromSystemError(error, 'failed to flush the image');
    });
    this.#options.faults.reach('blockfile.settled');
    await this.#list(snapshot.id, signal);
    // On disk before the record says that it is committed.
    if (this.#options.durability === 'full') await syncFile(path);
    return this.#measure(path, signal);
  }

  async #list(id: string, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#lists.wanted) return this.#lists.remove([id]);
    await using layer = await openLayer({ root: this.root, type: this.#options.fsType, id, signal });
    await this.#lists.write({ id, tree: layer.tree }, signal);
  }

  mounts(snapshot: DriverSnapshot): readonly Mount[] {
    return blockfileMounts(snapshot, this.#options);
  }

  async usage(snapshot: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    if (imageOf(snapshot) !== snapshot.id) return noUsage;
    const path = imagePath(this.root, snapshot.id);
    // What is written to a mounted file system gets into the image some seconds later.
    await flushLoopDevices(path).catch((error: unknown) => {
      throw fromSystemError(error, 'failed to flush the image');
    });
    return this.#measure(path, signal);
  }

  #measure(path: string, signal: AbortSignal | undefined): Promise<Usage> {
    return diskUsage(path, { signal, withoutShared: canShareBlocks(path) });
  }

  async discard(ids: readonly string[], { signal }: CallContext): Promise<void> {
    this.#options.faults.reach('blockfile.discarding');
    await removeTrees(snapshotsDirectory(this.root), ids, { signal });
    this.#options.faults.reach('blockfile.discarded');
    await this.#lists.remove(ids);
  }

  async *ids(): AsyncIterable<string> {
    yield* namesInDirectory(snapshotsDirectory(this.root));
    yield* await this.#lists.strays((id) => existsSync(imagePath(this.root, id)));
  }

  async close(): Promise<void> {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
