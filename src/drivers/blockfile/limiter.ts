import { existsSync } from 'node:fs';
import { NotFoundError } from '../../errors/index.js';
import type { CallContext, DriverLimiter, DriverSnapshot, LimitSupport, Limits } from '../../snapshots/index.js';
import { ensureDirectory, PRIVATE } from '../kit/directories.js';
import { syncFile } from './image.js';
import { imagePath, mountsDirectory } from './mounts.js';
import type { ResolvedBlockfileOptions } from './options.js';
import { resizeImage } from './resize.js';

/** Limits snapshots by the size of their images, and of the file systems in them. */
export class ImageLimiter implements DriverLimiter {
  readonly #options: ResolvedBlockfileOptions;

  constructor(options: ResolvedBlockfileOptions) {
    this.#options = options;
  }

  support(): LimitSupport {
    return { bytes: true, inodes: false, reason: 'the inodes of an image cannot be limited' };
  }

  async set({ id }: DriverSnapshot, { bytes }: Limits, { signal }: CallContext): Promise<void> {
    const { root, durability } = this.#options;
    const path = imagePath(root, id);
    if (!existsSync(path)) throw new NotFoundError(`image of snapshot ${id}`);
    if (bytes === undefined) return;
    await this.resize(path, bytes, signal);
    if (durability === 'full') await syncFile(path);
  }

  /** Gives an image another size. Throws as `resizeImage`. */
  async resize(path: string, size: number, signal: AbortSignal | undefined): Promise<void> {
    const { root, fsType: type } = this.#options;
    const mountIn = mountsDirectory(root);
    ensureDirectory(mountIn, PRIVATE);
    await resizeImage({ type, path, size, mountIn, signal });
  }
}
