import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
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
import { diskUsage, namesInDirectory, removeTrees, writeManifest } from '../../trees/index.js';
import { type MountSettings, overlayMounts } from '../kit/overlay-mounts.js';
import { mapsBoth, type Owner, ownerFromLabels } from '../kit/ownership.js';
import { BlockImages } from './block-images.js';
import { erofsChecker, openLayer } from './checker.js';
import { Chores } from './chores.js';
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
import { MergedLayers } from './merged-layers.js';
import type { ErofsSetup, ResolvedErofsOptions } from './options.js';

/** The unit of `st_blocks`. */
const STAT_BLOCK = 512;

/** See `openErofsDriver`. */
export class ErofsDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  readonly root: string;
  readonly checker: DriverChecker;
  readonly limiter: ImageLimiter | undefined;
  readonly #options: ResolvedErofsOptions;
  readonly #places: ErofsPlaces;
  readonly #loop: boolean;
  readonly #settings: MountSettings;
  readonly #layers: LayerMounts;
  readonly #merged: MergedLayers;
  readonly #verity: boolean;
  readonly #merges: boolean;
  readonly #blocks: BlockImages;
  /** Snapshots whose mounts could not be brought back, with the reason. */
  readonly #broken = new Map<string, unknown>();
  /** What is done about committed layers in the background, by their ids. */
  readonly #chores = new Chores();

  constructor(options: ResolvedErofsOptions, setup: ErofsSetup) {
    this.root = options.root;
    this.capabilities = Object.freeze({ names: setup.capabilities, layersAreDifferences: true });
    this.#options = options;
    this.#places = placesBelow(options.root);
    this.#verity = setup.verity;
    this.#merges = setup.merges;
    this.#merged = new MergedLayers({
      places: this.#places,
      maxUnmerged: setup.merges ? options.maxUnmergedLayers : 0,
      durable: options.durability === 'full',
      verity: setup.verity,
      chores: this.#chores,
      faults: options.faults,
      onError: options.onBackgroundError,
    });
    const [sealed, merged] = [options.fsverity === true, this.#merged];
    this.#layers = new LayerMounts(this.#places, { loop: setup.loop, sealed, merged });
    this.#loop = setup.loop;
    this.checker = erofsChecker({ root: options.root, loop: setup.loop, layers: this.#layers });
    this.#blocks = new BlockImages(this.#places, options.faults);
    this.limiter = options.defaultSize === 0 ? undefined : new ImageLimiter(this.#places, options.defaultSize);
    this.#settings = { places: this.#mountPlaces(), overlayOptions: setup.overlayOptions, remapIds: setup.remapIds };
  }

  #mountPlaces(): MountSettings['places'] {
    const [places, blocks] = [this.#places, this.#blocks];
    return {
      upper: (id) => (blocks.has(id) ? blocks.upper(id) : places.files(id)),
      work: (id) => (blocks.has(id) ? blocks.work(id) : places.work(id)),
      lowers: ({ id, parentIds }) => this.#layers.pointsOf(id, parentIds),
    };
  }

  async restore(recorded: Iterable<DriverSnapshot>): Promise<void> {
    const committed: string[] = [];
    for (const snapshot of recorded) {
      if (snapshot.kind === 'committed') committed.push(snapshot.id);
      else await this.#restoreMounts(snapshot);
    }
    for (const id of committed) {
      await this.#layers.tidy(id);
      await this.#merged.tidy(id);
    }
  }

  async #restoreMounts({ id, parentIds }: DriverSnapshot): Promise<void> {
    try {
      // Of a commit that an earlier process did not come to record, or whose record is lost: the next one is another layer.
      for (const image of [this.#places.layerImage(id), this.#places.mergedImage(id)]) {
        for (const left of [partOf(image), image]) await rm(left, { force: true });
      }
      if (existsSync(this.#places.blockImage(id))) await this.#blocks.mount(id);
      await this.#layers.hold(id, parentIds, { found: true });
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
    const { id, parentIds } = snapshot;
    this.#merged.want(parentIds, this.#layers.pointsOf(id, parentIds).length);
  }

  /**
   * As with the overlay driver: the container's root if labels map ids, else the owner of the nearest layer. Without
   * layers the directory itself is mounted, and so mapped, and stays as it is made.
   */
  #ownerOf({ id, labels, parentIds }: DriverSnapshot): Owner | undefined {
    const [parent] = parentIds;
    const mapped = ownerFromLabels(labels);
    if (parent === undefined) return this.#settings.remapIds && mapsBoth(labels) ? undefined : mapped;
    const [nearest = ''] = this.#layers.pointsOf(id, parentIds);
    return mapped ?? ownerOfLayer(nearest, parent);
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
    const durable = durability === 'full';
    const how = { mergeable: this.#merges, durable, verity: this.#verity };
    await makeImage({ source: this.#upper(id), target, ...how, faults, signal });
    await this.#list(id, signal);
    const { blocks } = await stat(target);
    return { size: blocks * STAT_BLOCK, inodes: 1 };
  }

  /** Lists what is in the layer; a list that a refused commit left does not outlive what it says. */
  async #list(id: string, signal: AbortSignal | undefined): Promise<void> {
    const manifest = this.#places.manifest(id);
    if (!this.#options.manifest) return rm(manifest, { force: true });
    await using layer = await openLayer({ places: this.#places, loop: this.#loop }, id, signal);
    await writeManifest({ tree: layer.tree, manifest }, signal);
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
      throw new UnavailableError(`what snapshot ${snapshot.id} stands on could not be mounted`, { cause });
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

  /** What is mounted stays mounted: containers go on, and clients can mount what they were told. */
  async close(): Promise<void> {
    this.#merged.close();
    await this.#chores.allDone();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
