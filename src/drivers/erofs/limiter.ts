import { stat } from 'node:fs/promises';
import { FailedPreconditionError, fromSystemError, NotFoundError, systemErrorCode } from '../../errors/index.js';
import { fileVolume, growFileSystem, growLoopFile, isFilled } from '../../linux/index.js';
import type { DriverLimiter, DriverSnapshot, LimitSupport, Limits } from '../../snapshots/index.js';
import type { ErofsPlaces } from './files.js';

/**
 * Limits in block mode: the size of the image that a snapshot is written into. The daemon has it mounted as long as the
 * snapshot is active, so that it can only become larger.
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

  /** Without a limit, the image gets the default size if it is smaller. @throws FailedPreconditionError to shrink it. */
  async set({ id }: DriverSnapshot, limits: Limits): Promise<void> {
    const wanted = this.sizeFor(limits);
    const image = this.#places.blockImage(id);
    const size = await sizeOf(image, id);
    if (wanted < size && limits.bytes !== undefined) {
      throw new FailedPreconditionError(
        `snapshot ${id} is written into an image of ${size} bytes, which can become larger, and not ${wanted}`,
      );
    }
    if (wanted < size || (await isFilled('ext4', fileVolume(image), wanted))) return;
    try {
      await growLoopFile({ type: 'ext4', file: image, size: wanted });
      await growFileSystem({ type: 'ext4', point: this.#places.blockPoint(id), size: wanted });
    } catch (error) {
      throw fromSystemError(error, `failed to make the image of snapshot ${id} larger`);
    }
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
