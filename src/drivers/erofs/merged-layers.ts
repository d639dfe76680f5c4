import { existsSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { FaultPoints } from '../../base/index.js';
import { CanceledError, UnknownError } from '../../errors/index.js';
import type { Chores } from './chores.js';
import type { ErofsPlaces } from './files.js';
import { partOf } from './image.js';
import { mergeImages } from './merge-images.js';
import { mergedProblem } from './merged-image.js';

/** What merging depends on. */
export interface MergedLayersOptions {
  readonly places: ErofsPlaces;
  /** Chains that take more mounts than this are merged; 0 for none. */
  readonly maxUnmerged: number;
  /** Whether a merged image is on disk before it is used. */
  readonly durable: boolean;
  /** Whether the kernel is to check its blocks. */
  readonly verity: boolean;
  readonly chores: Chores;
  readonly faults: FaultPoints;
  /** Told why a chain could not be merged. */
  readonly onError: (error: unknown) => void;
}

/**
 * The images that show a layer and all below it as one file system: small ones of names alone, whose data lies in the
 * layers. A snapshot over a long chain then needs one mount, and overlay looks names up in one place instead of many.
 *
 * They are made in the background when the first snapshot is made over a chain that is long enough, and can be deleted and
 * made anew at any time. A chain never changes and ids are never used twice, so a complete one holds as long as its layers.
 */
export class MergedLayers {
  readonly #options: MergedLayersOptions;
  readonly #closing = new AbortController();
  /** Layers whose chains cannot be merged, as far as this process has found out. */
  readonly #refused = new Set<string>();

  constructor(options: MergedLayersOptions) {
    this.#options = options;
  }

  /**
   * Whether a chain, the nearest layer first, can be mounted as one now. A merged image that does not fit its layers is
   * reported and deleted, so that it is made anew.
   */
  isReady(chain: readonly string[]): boolean {
    const [nearest] = chain;
    const { places, maxUnmerged } = this.#options;
    if (maxUnmerged === 0 || nearest === undefined || this.#refused.has(nearest)) return false;
    const merged = places.mergedImage(nearest);
    if (!existsSync(merged)) return false;
    const problem = mergedProblem(merged, this.imagesOf(chain));
    if (problem === undefined) return true;
    this.#options.onError(new UnknownError(`${merged} is not used, and deleted: ${problem}`));
    rmSync(merged, { force: true });
    return false;
  }

  /** The images of a chain, the lowest first, as they are merged and mounted. */
  imagesOf(chain: readonly string[]): string[] {
    return chain.map(this.#options.places.layerImage).reverse();
  }

  /** Does without the merged image of this layer from now on, and reports why. */
  refuse(nearest: string, error: unknown): void {
    this.#refused.add(nearest);
    this.#options.onError(error);
  }

  /**
   * Has a chain merged in the background, if it takes too many mounts. So of an image that is unpacked layer by layer not
   * every layer is merged with those below it.
   */
  want(chain: readonly string[], mounts: number): void {
    const [nearest] = chain;
    const { maxUnmerged, chores } = this.#options;
    if (maxUnmerged === 0 || mounts <= maxUnmerged || nearest === undefined || this.#refused.has(nearest)) return;
    void chores.run(nearest, () => this.#merge(nearest, chain));
  }

  async #merge(nearest: string, chain: readonly string[]): Promise<void> {
    const { places, durable, verity, faults } = this.#options;
    const target = places.mergedImage(nearest);
    if (this.#closing.signal.aborted || this.#refused.has(nearest) || existsSync(target)) return;
    try {
      const { signal } = this.#closing;
      await mergeImages({ layers: this.imagesOf(chain), target, durable, verity, faults, signal });
    } catch (error) {
      // Removed meanwhile, or to be tried again by the next process: nobody has to know.
      if (this.#closing.signal.aborted || !existsSync(places.layerImage(nearest))) return;
      this.refuse(nearest, error);
    }
  }

  /** Deletes what a process left that was killed while it merged. */
  async tidy(nearest: string): Promise<void> {
    const part = partOf(this.#options.places.mergedImage(nearest));
    if (existsSync(part)) await rm(part, { force: true });
  }

  /** Ends what is being merged; the chores say when. */
  close(): void {
    this.#closing.abort(new CanceledError('the driver is closed'));
  }
}
