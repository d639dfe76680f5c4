import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { SerialQueue } from '../../base/index.js';
import { throwIfAborted, UnavailableError } from '../../errors/index.js';
import { setImmutable } from '../../linux/index.js';
import type {
  CallContext,
  Driver,
  DriverCapabilities,
  DriverChecker,
  DriverSnapshot,
  Mount,
  Usage,
} from '../../snapshots/index.js';
import { diskUsage, namesInDirectory, removeTrees } from '../../trees/index.js';
import { ensureDirectory } from '../kit/directories.js';
import { awaitsParent, ensureEmptyLower } from '../kit/empty-lower.js';
import { FileLists } from '../kit/file-lists.js';
import { type MountSettings, overlayMounts } from '../kit/overlay-mounts.js';
import { requireDirectoryTypes } from '../kit/overlay-needs.js';
import { mapsBoth, type Owner, ownerFromLabels } from '../kit/ownership.js';
import { BlockImages } from './block-images.js';
import { erofsChecker, openLayer } from './checker.js';
import { discardSnapshots } from './discard.js';
import {
  type ErofsPlaces,
  MODES,
  makeDirectory,
  makeSnapshotDirectory,
  makeUpper,
  ownerOfLayer,
  placesBelow,
} from './files.js';
import { makeImage, partOf } from './image.js';
import { LayerMounts } from './layer-mounts.js';
import { ImageLimiter } from './limiter.js';
import { mountSettings } from './mounts.js';
import { type ErofsOptions, type ErofsSetup, type ResolvedErofsOptions, resolveErofsOptions } from './options.js';
import { probeErofs } from './probe.js';

/** The unit of `st_blocks`. */
const STAT_BLOCK = 512;

/**
 * Opens a driver that packs each committed layer into an erofs image, read-only and in one file (containerd:
 * plugins/snapshots/erofs). Active snapshots are directories, or an image of their own with a size limit. The daemon itself
 * mounts the layers, each once, so that clients get ordinary overlay mounts and need not know of images; they must be in the
 * same mount namespace.
 *
 * The root and what is missing in it are made. Takes some 50 ms, since mounting an image is tried.
 * @throws InvalidArgumentError for options that cannot work.
 * @throws NotImplementedError when this machine lacks something: mkfs.erofs, erofs in the kernel, what options ask for.
 * @throws PermissionDeniedError when this process may not mount.
 */
export async function openErofsDriver(options: ErofsOptions): Promise<Driver> {
  const resolved = resolveErofsOptions(options);
  ensureDirectory(resolved.root, MODES.root);
  requireDirectoryTypes(resolved.root, resolved.facts);
  ensureDirectory(placesBelow(resolved.root).snapshots, MODES.root);
  ensureEmptyLower(resolved.root);
  return new ErofsDriver(resolved, await probeErofs(resolved));
}

class ErofsDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  readonly root: string;
  readonly checker: DriverChecker;
  readonly limiter: ImageLimiter | undefined;
  readonly #options: ResolvedErofsOptions;
  readonly #places: ErofsPlaces;
  readonly #loop: boolean;
  readonly #settings: MountSettings;
  readonly #layers: LayerMounts;
  readonly #verity: boolean;
  readonly #blocks: BlockImages;
  readonly #lists: FileLists;
  /** Snapshots whose mounts could not be restored, with the reason. */
  readonly #broken = new Map<string, unknown>();
  /** What is done about committed layers in the background, by their ids. */
  readonly #chores = new SerialQueue();

  constructor(options: ResolvedErofsOptions, setup: ErofsSetup) {
    this.root = options.root;
    this.capabilities = Object.freeze({ names: setup.capabilities, layersAreDifferences: true });
    this.#options = options;
    this.#places = placesBelow(options.root);
    this.#verity = setup.verity;
    this.#layers = new LayerMounts(this.#places, { loop: setup.loop, sealed: options.fsverity === true });
    this.#loop = setup.loop;
    this.checker = erofsChecker({ root: options.root, loop: setup.loop, layers: this.#layers });
    this.#lists = new FileLists({ wanted: options.fileList, pathOf: this.#places.fileList });
    this.#blocks = new BlockImages(this.#places, options.faults);
    this.limiter = options.defaultSize === 0 ? undefined : new ImageLimiter(this.#places, options.defaultSize);
    this.#settings = mountSettings(this.#places, this.#blocks, setup);
  }

  async restore(recorded: Iterable<DriverSnapshot>): Promise<void> {
    const committed: string[] = [];
    for (const snapshot of recorded) {
      if (snapshot.kind === 'committed') committed.push(snapshot.id);
      else await this.#restoreMounts(snapshot);
    }
    for (const id of committed) await this.#layers.tidy(id);
  }

  async #restoreMounts({ id, parentIds }: DriverSnapshot): Promise<void> {
    try {
      // From a commit that an earlier process did not record, or whose record is lost: the next commit makes another layer.
      const image = this.#places.layerImage(id);
      for (const left of [partOf(image), image]) await rm(left, { force: true });
      if (existsSync(this.#places.blockImage(id))) await this.#blocks.mount(id);
      await this.#layers.hold(id, parentIds);
    } catch (error) {
      this.#broken.set(id, error);
      this.#options.onBackgroundError(error);
    }
  }

  async create(snapshot: DriverSnapshot, call: CallContext): Promise<void> {
    throwIfAborted(call.signal);
    await makeSnapshotDirectory(this.#places.snapshot(snapshot.id), snapshot.id);
    this.#options.faults.reach('erofs.made');
    try {
      await this.#layers.hold(snapshot.id, snapshot.parentIds);
      this.#options.faults.reach('erofs.held');
      await this.#makeContents(snapshot, this.#ownerOf(snapshot), call);
      throwIfAborted(call.signal);
    } catch (error) {
      await this.discard([snapshot.id], {});
      throw error;
    }
  }

  /**
   * As with the overlay driver: the container's root if labels map ids, else the owner of the nearest layer. Without
   * layers, now or later, the directory itself is mounted, and so mapped, and stays as it is made.
   */
  #ownerOf(snapshot: DriverSnapshot): Owner | undefined {
    const { labels, parentIds } = snapshot;
    const mapped = ownerFromLabels(labels);
    const [parent] = parentIds;
    if (parent !== undefined) return mapped ?? ownerOfLayer(this.#places.layerPoint(parent), parent);
    const isMapped = this.#settings.remapIds && mapsBoth(labels) && !awaitsParent(snapshot);
    return isMapped ? undefined : mapped;
  }

  async #makeContents(snapshot: DriverSnapshot, owner: Owner | undefined, { signal }: CallContext): Promise<void> {
    const { id, kind, parentIds, limits = {} } = snapshot;
    if (kind === 'view') {
      if (parentIds.length === 0) await makeDirectory(this.#places.files(id), MODES.files);
    } else if (this.limiter === undefined) {
      await makeUpper(this.#places.files(id), this.#places.work(id), owner);
    } else {
      await this.#blocks.make({ id, size: this.limiter.sizeFor(limits), owner, signal });
    }
  }

  async seal({ id }: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    const target = this.#places.layerImage(id);
    const { durability, faults } = this.#options;
    const how = { durable: durability === 'full', verity: this.#verity };
    await makeImage({ source: this.#upper(id), target, ...how, faults, signal });
    await this.#list(id, signal);
    const { blocks } = await stat(target);
    return { size: blocks * STAT_BLOCK, inodes: 1 };
  }

  async #list(id: string, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#lists.wanted) return this.#lists.remove([id]);
    await using layer = await openLayer({ places: this.#places, loop: this.#loop }, id, signal);
    await this.#lists.write({ id, tree: layer.tree }, signal);
  }

  #upper(id: string): string {
    return this.#settings.places.upper(id);
  }

  async committed(ids: readonly string[], { signal }: CallContext): Promise<void> {
    for (const id of ids) await this.#chores.run(id, () => this.#tidy(id, signal));
  }

  async #tidy(id: string, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    this.#options.faults.reach('erofs.leaving');
    if (this.#options.setImmutable) setImmutable(this.#places.layerImage(id), true);
    await this.#layers.release(id);
    await this.#blocks.remove(id);
    await removeTrees(this.#places.snapshot(id), this.#leftovers(id), { signal });
    this.#options.faults.reach('erofs.left');
  }

  /** What a committed layer still has of the time when it was active, by the names in its directory. */
  #leftovers(id: string): string[] {
    return ['fs', 'work', 'rw', 'rwlayer.img'].filter((name) => existsSync(`${this.#places.snapshot(id)}/${name}`));
  }

  mounts(snapshot: DriverSnapshot): readonly Mount[] {
    const cause = this.#broken.get(snapshot.id);
    if (cause !== undefined) {
      throw new UnavailableError(`what snapshot ${snapshot.id} is based on could not be mounted`, { cause });
    }
    return overlayMounts(snapshot, this.#settings);
  }

  async usage({ id, kind }: DriverSnapshot, { signal }: CallContext): Promise<Usage> {
    return kind === 'view' ? { size: 0, inodes: 0 } : diskUsage(this.#upper(id), { signal });
  }

  async discard(ids: readonly string[], { signal }: CallContext): Promise<void> {
    await discardSnapshots(ids, {
      places: this.#places,
      layers: this.#layers,
      blocks: this.#blocks,
      chores: this.#chores,
      faults: this.#options.faults,
      signal,
    });
    for (const id of ids) this.#broken.delete(id);
  }

  /** A power cut can take the directories of what was just made; its layers are held already. */
  async recreate(snapshot: DriverSnapshot, call: CallContext): Promise<boolean> {
    const { id, kind, parentIds } = snapshot;
    const place = this.#places.snapshot(id);
    const isMissing = !existsSync(place);
    if (isMissing) await makeSnapshotDirectory(place, id);
    const wantsFiles = kind === 'active' || parentIds.length === 0;
    if (!wantsFiles || existsSync(this.#places.blockImage(id)) || existsSync(this.#places.files(id))) return isMissing;
    await this.#makeContents(snapshot, this.#ownerOf(snapshot), call);
    return true;
  }

  async *ids(): AsyncIterable<string> {
    yield* namesInDirectory(this.#places.snapshots);
  }

  /** Mounts stay: containers go on, and the mounts that clients got remain valid. */
  async close(): Promise<void> {
    await this.#chores.allIdle();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
