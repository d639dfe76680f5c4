import { open, rm } from 'node:fs/promises';
import type { FaultPoints } from '../../base/index.js';
import { isMountPoint, makeFileSystem, mountAll, unmountAll } from '../../linux/index.js';
import type { Owner } from '../kit/ownership.js';
import { type ErofsPlaces, MODES, makeDirectory, makeUpper } from './files.js';

/** No blocks reserved for root, since most containers run as root. */
const EXT4_OPTIONS = ['-m', '0'];

/** An image to make. */
export interface BlockImage {
  readonly id: string;
  /** Bytes; the disk gives only what is written. */
  readonly size: number;
  /** Who owns the upper directory; undefined leaves it to the daemon's user. */
  readonly owner: Owner | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Images of active snapshots: an ext4 file system each, as large as the snapshot may become, with overlay's two directories
 * in it.
 */
export class BlockImages {
  readonly #places: ErofsPlaces;
  readonly #faults: FaultPoints;
  readonly #ids = new Set<string>();

  constructor(places: ErofsPlaces, faults: FaultPoints) {
    this.#places = places;
    this.#faults = faults;
  }

  /** Whether a snapshot is written into an image. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** The upper directory in a mounted image. */
  upper(id: string): string {
    return `${this.#places.blockPoint(id)}/upper`;
  }

  /** The work directory beside it. */
  work(id: string): string {
    return `${this.#places.blockPoint(id)}/work`;
  }

  /**
   * Makes an image and mounts it: some 20 ms. Leaves what was made when it fails.
   * @throws NotImplementedError without mkfs.ext4 or loop devices; UnknownError when the size is too small for ext4.
   */
  async make({ id, size, owner, signal }: BlockImage): Promise<void> {
    const image = this.#places.blockImage(id);
    const file = await open(image, 'wx', MODES.block);
    try {
      await file.truncate(size);
    } finally {
      await file.close();
    }
    await makeFileSystem({ type: 'ext4', path: image, options: EXT4_OPTIONS, signal });
    this.#faults.reach('erofs.formatted');
    await makeDirectory(this.#places.blockPoint(id), MODES.snapshot);
    await this.mount(id);
    await makeUpper(this.upper(id), this.work(id), owner);
  }

  /** Mounts an image that is there, unless it is mounted. */
  async mount(id: string): Promise<void> {
    this.#ids.add(id);
    const point = this.#places.blockPoint(id);
    if (isMountPoint(point)) return;
    // What is deleted inside goes back to the disk.
    const options = ['loop', 'discard'];
    await mountAll([{ type: 'ext4', source: this.#places.blockImage(id), target: '', options }], point);
  }

  /** Unmounts and deletes it, if there is one. */
  async remove(id: string): Promise<void> {
    await unmountAll(this.#places.blockPoint(id), { detach: true });
    await rm(this.#places.blockImage(id), { force: true });
    this.#ids.delete(id);
  }
}
