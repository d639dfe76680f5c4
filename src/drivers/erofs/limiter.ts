import { stat } from 'node:fs/promises';
import { FailedPreconditionError, NotFoundError, systemErrorCode } from '../../errors/index.js';
import type { DriverLimiter, DriverSnapshot, LimitSupport, Limits } from '../../snapshots/index.js';
import type { ErofsPlaces } from './files.js';

/**
 * Limits in block mode: the size of the image that a snapshot is written into. It is given when the image is made and
 * stays.
 */
export class ImageLimiter implements DriverLimiter {
  readonly #places: ErofsPlaces;
  readonly #defaultSize: number;

  constructor(places: ErofsPlaces, defaultSize: number) {
    this.#places = places;
    this.#defaultSize = defaultSize;
  }

  support(): LimitSupport {
    return { bytes: true, inodes: false, reason: 'images limit only the size' };
  }

  /** The size of an image for these limits. */
  sizeFor({ bytes = this.#defaultSize }: Limits): number {
    return bytes;
  }

  /** @throws FailedPreconditionError unless the image has this size already. */
  async set({ id }: DriverSnapshot, limits: Limits): Promise<void> {
    const wanted = this.sizeFor(limits);
    const size = await sizeOf(this.#places.blockImage(id), id);
    if (size === wanted) return;
    throw new FailedPreconditionError(
      `snapshot ${id} is written into an image of ${size} bytes, whose size cannot be changed to ${wanted}`,
    );
  }
}

async function sizeOf(image: string, id: string): Promise<number> {
  try {
    return (await stat(image)).size;
  } catch (cause) {
    if (systemErrorCode(cause) !== 'ENOENT') throw cause;
    throw new NotFoundError(`image of snapshot ${id}`, { cause });
  }
}
