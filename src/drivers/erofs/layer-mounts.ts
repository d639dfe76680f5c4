import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FailedPreconditionError, fromSystemError } from '../../errors/index.js';
import { isMountPoint, type MountSpec, mountAll, unmountAll, verityDigest } from '../../linux/index.js';
import { type ErofsPlaces, MODES } from './files.js';
import type { MergedLayers } from './merged-layers.js';

/** How layers are mounted. */
export interface LayerMountOptions {
  /** Whether this kernel mounts images only through loop devices. */
  readonly loop: boolean;
  /** Whether only those are mounted whose blocks the kernel checks (fs-verity). */
  readonly sealed: boolean;
  readonly merged: MergedLayers;
}

/** A place where one layer is mounted, or a layer with all below it. */
interface Ground {
  readonly point: string;
  readonly image: string;
  /** The images in which the data lies when it is not in `image`, the lowest first. */
  readonly devices: readonly string[];
}

/**
 * The mounts of committed layers: each is mounted once, while at least one snapshot stands on it, so that clients get
 * ordinary overlay mounts over directories and need to know nothing of images. The mounts outlive the daemon, and are
 * found again by the next one. From the first layer on that is merged with those below it, that is one mount.
 */
export class LayerMounts {
  readonly #places: ErofsPlaces;
  readonly #options: LayerMountOptions;
  /** The snapshots that stand on each mount point. */
  readonly #users = new Map<string, Set<string>>();
  /** What each snapshot stands on, the nearest first. */
  readonly #held = new Map<string, readonly Ground[]>();
  /** What is being done about each mount point; one step follows the other. */
  readonly #work = new Map<string, Promise<void>>();

  constructor(places: ErofsPlaces, options: LayerMountOptions) {
    this.#places = places;
    this.#options = options;
  }

  /**
   * Has the layers mounted for a snapshot, until it is released. Takes 0.3 ms for each that is not mounted yet.
   * @param layers The chain that it stands on, the nearest first.
   * @param found Whether an earlier process may have told a client where they are mounted: they stay there then.
   * @throws what keeps one of them from being mounted; the snapshot holds them all the same.
   */
  async hold(snapshot: string, layers: readonly string[], { found = false } = {}): Promise<void> {
    if (layers.length === 0) return;
    const singles = layers.map((layer) => this.#single(layer));
    if (found && singles.every(({ point }) => isMountPoint(point))) return this.#holdAll(snapshot, singles);
    const mergedFrom = layers.findIndex((_, index) => this.#options.merged.isReady(layers.slice(index)));
    if (mergedFrom >= 0 && (await this.#holdMerged(snapshot, layers, mergedFrom))) return;
    await this.#holdAll(snapshot, singles);
  }

  async #holdMerged(snapshot: string, layers: readonly string[], from: number): Promise<boolean> {
    const nearest = layers[from] ?? '';
    const merged = this.#merged(nearest, layers.slice(from));
    try {
      await this.#holdAll(snapshot, [...layers.slice(0, from).map((layer) => this.#single(layer)), merged]);
      return true;
    } catch (error) {
      // The layers themselves may still do; if it was one of them, mounting them says so again.
      if (isMountPoint(merged.point)) throw error;
      this.#options.merged.refuse(nearest, error);
      await this.release(snapshot);
      return false;
    }
  }

  #single(layer: string): Ground {
    return { point: this.#places.layerPoint(layer), image: this.#places.layerImage(layer), devices: [] };
  }

  #merged(nearest: string, chain: readonly string[]): Ground {
    const { merged } = this.#options;
    const [point, image] = [this.#places.mergedPoint(nearest), this.#places.mergedImage(nearest)];
    return { point, image, devices: merged.imagesOf(chain) };
  }

  async #holdAll(snapshot: string, grounds: readonly Ground[]): Promise<void> {
    this.#held.set(snapshot, grounds);
    for (const { point } of grounds) {
      const users = this.#users.get(point);
      if (users === undefined) this.#users.set(point, new Set([snapshot]));
      else users.add(snapshot);
    }
    for (const ground of grounds) if (!this.#isMounted(ground.point)) await this.#settle(ground.point, ground);
  }

  /** Unmounts the layers on which nothing else stands. @throws what keeps one of them mounted. */
  async release(snapshot: string): Promise<void> {
    const grounds = this.#held.get(snapshot) ?? [];
    this.#held.delete(snapshot);
    for (const { point } of grounds) {
      const users = this.#users.get(point);
      users?.delete(snapshot);
      if (users?.size === 0) this.#users.delete(point);
    }
    for (const ground of grounds) if (!this.#users.has(ground.point)) await this.#settle(ground.point, ground);
  }

  /**
   * Where the layers of a snapshot are mounted, the nearest first.
   * @param layers The chain that it stands on.
   */
  pointsOf(snapshot: string, layers: readonly string[]): readonly string[] {
    const held = this.#held.get(snapshot);
    return held === undefined ? layers.map(this.#places.layerPoint) : held.map(({ point }) => point);
  }

  /**
   * Unmounts a layer that an earlier process mounted and no snapshot stands on now, and deletes the directory that one
   * left which was killed just before it mounted or just after it unmounted.
   */
  async tidy(layer: string): Promise<void> {
    for (const point of this.#pointsAt(layer)) {
      if (this.#users.has(point) || !existsSync(point)) continue;
      if (isMountPoint(point)) await this.#settle(point, undefined);
      else await rmdir(point);
    }
  }

  /** Where a layer is mounted though no snapshot stands on it, and nothing is being done about it. */
  straysOf(layer: string): readonly string[] {
    return this.#pointsAt(layer).filter((point) => !this.#users.has(point) && this.#isMounted(point));
  }

  /** Where nothing is mounted of what a snapshot stands on, and nothing is being done about it. */
  missingOf(snapshot: string): readonly string[] {
    return this.pointsOf(snapshot, []).filter((point) => !this.#work.has(point) && !isMountPoint(point));
  }

  /** Mounts again what is missing of what a snapshot stands on. @throws what keeps it from being mounted. */
  async mend(snapshot: string): Promise<void> {
    const missing = new Set(this.missingOf(snapshot));
    for (const ground of this.#held.get(snapshot) ?? []) {
      if (missing.has(ground.point)) await this.#settle(ground.point, ground);
    }
  }

  #pointsAt(layer: string): readonly string[] {
    return [this.#places.layerPoint(layer), this.#places.mergedPoint(layer)];
  }

  #isMounted(point: string): boolean {
    return !this.#work.has(point) && isMountPoint(point);
  }

  /** Mounts or unmounts, as it is wanted when its turn comes. */
  async #settle(point: string, ground: Ground | undefined): Promise<void> {
    const before = this.#work.get(point);
    const work = this.#after(before, point, ground);
    this.#work.set(point, work);
    try {
      await work;
    } finally {
      if (this.#work.get(point) === work) this.#work.delete(point);
    }
  }

  async #after(before: Promise<void> | undefined, point: string, ground: Ground | undefined): Promise<void> {
    // Its failure belongs to those who waited for it.
    await before?.catch(() => undefined);
    if (ground !== undefined && this.#users.has(point)) await this.#mount(ground);
    else await unmountPoint(point);
  }

  async #mount({ point, image, devices }: Ground): Promise<void> {
    if (isMountPoint(point)) return;
    if (this.#options.sealed) for (const each of [image, ...devices]) requireSealed(each);
    await mkdir(point, { mode: MODES.snapshot, recursive: true });
    await mountAll([imageMount(image, { loop: this.#options.loop, devices })], point);
  }
}

async function unmountPoint(point: string): Promise<void> {
  if (!isMountPoint(point)) return;
  // Overlay mounts that stand on it have it for themselves, and go on.
  await unmountAll(point, { detach: true });
  // Without its directory nobody can take an unmounted layer for an empty one.
  await rmdir(point);
}

function requireSealed(image: string): void {
  const layer = basename(dirname(image));
  try {
    if (verityDigest(image) !== undefined) return;
  } catch (error) {
    throw fromSystemError(error, `cannot read layer ${layer}`);
  }
  throw new FailedPreconditionError(
    `layer ${layer} is not protected by fs-verity, which enable_fsverity = true wants: ` +
      'it was made without, or replaced; "auto" takes it as it is',
  );
}

/** How an image is mounted. */
export interface ImageMountOptions {
  readonly loop: boolean;
  /** The images in which its data lies, the lowest first. */
  readonly devices?: readonly string[];
}

/** How to mount an image. */
export function imageMount(image: string, { loop, devices = [] }: ImageMountOptions): MountSpec {
  const options = ['ro', ...(loop ? ['loop'] : []), ...devices.map((device) => `device=${device}`)];
  return { type: 'erofs', source: image, target: '', options };
}
