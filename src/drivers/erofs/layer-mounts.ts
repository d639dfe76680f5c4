import { existsSync } from 'node:fs';
import { mkdir, rmdir } from 'node:fs/promises';
import { FailedPreconditionError, fromSystemError } from '../../errors/index.js';
import { isMountPoint, mountAll, unmountAll, verityDigest } from '../../linux/index.js';
import { type ErofsPlaces, MODES } from './files.js';

/** How layers are mounted. */
export interface LayerMountOptions {
  /** Whether this kernel mounts images only through loop devices. */
  readonly loop: boolean;
  /** Whether only those are mounted whose blocks the kernel checks (fs-verity). */
  readonly sealed: boolean;
}

/**
 * The mounts of committed layers: each is mounted once, while at least one snapshot stands on it, so that clients get
 * ordinary overlay mounts over directories and need to know nothing of images. The mounts outlive the daemon, and are
 * found again by the next one.
 */
export class LayerMounts {
  readonly #places: ErofsPlaces;
  readonly #options: LayerMountOptions;
  /** The snapshots that stand on each layer. */
  readonly #users = new Map<string, Set<string>>();
  /** The layers that each snapshot stands on. */
  readonly #held = new Map<string, readonly string[]>();
  /** What is being done about each layer; one step follows the other. */
  readonly #work = new Map<string, Promise<void>>();

  constructor(places: ErofsPlaces, options: LayerMountOptions) {
    this.#places = places;
    this.#options = options;
  }

  /**
   * Has the layers mounted for a snapshot, until it is released. Takes 0.3 ms for each that is not mounted yet.
   * @throws what keeps one of them from being mounted; the snapshot holds them all the same.
   */
  async hold(snapshot: string, layers: readonly string[]): Promise<void> {
    if (layers.length === 0) return;
    this.#held.set(snapshot, layers);
    for (const layer of layers) {
      const users = this.#users.get(layer);
      if (users === undefined) this.#users.set(layer, new Set([snapshot]));
      else users.add(snapshot);
    }
    for (const layer of layers) if (!this.#isMounted(layer)) await this.#settle(layer);
  }

  /** Unmounts the layers on which nothing else stands. @throws what keeps one of them mounted. */
  async release(snapshot: string): Promise<void> {
    const layers = this.#held.get(snapshot) ?? [];
    this.#held.delete(snapshot);
    for (const layer of layers) {
      const users = this.#users.get(layer);
      users?.delete(snapshot);
      if (users?.size === 0) this.#users.delete(layer);
    }
    for (const layer of layers) if (!this.#users.has(layer)) await this.#settle(layer);
  }

  /**
   * Unmounts a layer that an earlier process mounted and no snapshot stands on now, and deletes the directory that one
   * left which was killed just before it mounted or just after it unmounted.
   */
  async tidy(layer: string): Promise<void> {
    const point = this.#places.layerPoint(layer);
    if (this.#users.has(layer) || !existsSync(point)) return;
    if (isMountPoint(point)) await this.#settle(layer);
    else await rmdir(point);
  }

  /** Whether a layer is mounted though no snapshot stands on it, and nothing is being done about it. */
  isStray(layer: string): boolean {
    return !this.#users.has(layer) && this.#isMounted(layer);
  }

  /** Whether a layer is not mounted, and nothing is being done about it. */
  isMissing(layer: string): boolean {
    return !this.#work.has(layer) && !isMountPoint(this.#places.layerPoint(layer));
  }

  #isMounted(layer: string): boolean {
    return !this.#work.has(layer) && isMountPoint(this.#places.layerPoint(layer));
  }

  /** Mounts or unmounts a layer, as it is wanted when its turn comes. */
  async #settle(layer: string): Promise<void> {
    const before = this.#work.get(layer);
    const work = this.#after(before, layer);
    this.#work.set(layer, work);
    try {
      await work;
    } finally {
      if (this.#work.get(layer) === work) this.#work.delete(layer);
    }
  }

  async #after(before: Promise<void> | undefined, layer: string): Promise<void> {
    // Its failure belongs to those who waited for it.
    await before?.catch(() => undefined);
    if (this.#users.has(layer)) await this.#mount(layer);
    else await this.#unmount(layer);
  }

  async #mount(layer: string): Promise<void> {
    const point = this.#places.layerPoint(layer);
    if (isMountPoint(point)) return;
    const image = this.#places.layerImage(layer);
    if (this.#options.sealed) requireSealed(image, layer);
    await mkdir(point, { mode: MODES.snapshot, recursive: true });
    await mountAll([imageMount(image, this.#options.loop)], point);
  }

  async #unmount(layer: string): Promise<void> {
    const point = this.#places.layerPoint(layer);
    if (!isMountPoint(point)) return;
    // Overlay mounts that stand on it have it for themselves, and go on.
    await unmountAll(point, { detach: true });
    // Without its directory nobody can take an unmounted layer for an empty one.
    await rmdir(point);
  }
}

function requireSealed(image: string, layer: string): void {
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

/** How to mount an image. */
export function imageMount(image: string, loop: boolean): Parameters<typeof mountAll>[0][number] {
  return { type: 'erofs', source: image, target: '', options: ['ro', ...(loop ? ['loop'] : [])] };
}
