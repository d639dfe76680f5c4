import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { type FaultPoints, makeDirectories, noFaults } from '../base/index.js';
import { FailedPreconditionError, InvalidArgumentError, NotFoundError, throwIfAborted } from '../errors/index.js';
import {
  type CallContext,
  noContext,
  nowMicroseconds,
  requireNamespace,
  type Snapshotter,
} from '../snapshots/index.js';
import type { Store } from '../store/index.js';
import type { Image, ImageDetails, Images, ImportRequest } from './api/index.js';
import { importLayers, type TellProgress } from './import/import-image.js';
import { importRootfs } from './import/import-rootfs.js';
import { removeLeftovers } from './import/leftovers.js';
import { type ImportPlace, importedLabel } from './import/place.js';
import { digestOf } from './oci/digest.js';
import { parsePlatform, platformText, thisPlatform } from './oci/platform.js';
import { completeName } from './oci/reference.js';
import { openSourceFiles } from './oci/source-files.js';
import { findImages as findSourceImages, type SourceImage } from './oci/source-image.js';
import { deleteImage, findImages, type ImageRecord, listImages, putImage } from './records/image-records.js';
import { type LayerLimits, usualLimits } from './unpack/limits.js';

/** What images need. */
export interface LocalImagesOptions {
  readonly store: Store;
  /** All snapshotters, as callers see them, by name. */
  readonly snapshotters: ReadonlyMap<string, Snapshotter>;
  /** The name of the one that gets images when none is named. */
  readonly defaultSnapshotter: string;
  /** A directory of its own, made when it is missing: for mount points, and sources that are decoded. */
  readonly directory: string;
  /** Default: {@link usualLimits}. */
  readonly limits?: LayerLimits;
  /** Told at points at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** Documents and the top layer of an image that is about to be recorded. */
interface Imported {
  readonly documents: Pick<SourceImage, 'manifest' | 'mediaType' | 'config' | 'platform'>;
  readonly names: readonly string[];
  readonly layers: number;
  readonly snapshot: string | undefined;
}

/** Images whose layers are snapshots in this process. */
export class LocalImages implements Images {
  readonly #options: LocalImagesOptions;
  readonly #mounts: string;
  readonly #scratch: string;

  private constructor(options: LocalImagesOptions) {
    this.#options = options;
    this.#mounts = path.join(options.directory, 'mounts');
    this.#scratch = path.join(options.directory, 'sources');
  }

  /** Opens them, and takes away what imports left that were killed. One process at a time has the directory. */
  static async open(options: LocalImagesOptions): Promise<LocalImages> {
    const images = new LocalImages(options);
    const places = { mounts: images.#mounts, scratch: images.#scratch };
    for (const directory of Object.values(places)) await makeDirectories(directory);
    await removeLeftovers(places, options);
    return images;
  }

  async import(request: ImportRequest, call: CallContext = noContext): Promise<readonly Image[]> {
    throwIfAborted(call.signal);
    const namespace = requireNamespace(call);
    if (!path.isAbsolute(request.source))
      throw new InvalidArgumentError(`image source ${request.source} is no absolute path`);
    if (request.name === '') throw new InvalidArgumentError('image name must not be empty');
    const { snapshotter: name = this.#options.defaultSnapshotter } = request;
    const place: ImportPlace = {
      snapshotter: this.#snapshotter(name),
      namespace,
      lease: call.lease,
      mounts: this.#mounts,
      limits: this.#options.limits ?? usualLimits,
      faults: this.#options.faults ?? noFaults,
      signal: call.signal,
    };
    const imported =
      request.type === 'rootfs' ? [await this.#rootfs(place, request)] : await this.#images(place, request);
    return this.#record(imported, { namespace, snapshotter: name });
  }

  #snapshotter(name: string): Snapshotter {
    const found = this.#options.snapshotters.get(name);
    if (found === undefined) throw new InvalidArgumentError(`snapshotter not loaded: ${name}`);
    return found;
  }

  async #rootfs(place: ImportPlace, { source, name, onProgress }: ImportRequest): Promise<Imported> {
    const { documents, snapshot } = await importRootfs(place, source, tellerOf(onProgress));
    return { documents, names: namesOf(documents, name === undefined ? [] : [name]), layers: 1, snapshot };
  }

  async #images(place: ImportPlace, request: ImportRequest): Promise<readonly Imported[]> {
    const { source, name, platform, onProgress } = request;
    const { signal } = place;
    await using files = await openSourceFiles(source, { scratch: path.join(this.#scratch, randomUUID()), signal });
    const wanted = platform === undefined ? thisPlatform() : parsePlatform(platform);
    const found = await findSourceImages(files, { platform: wanted, signal });
    if (name !== undefined && found.length > 1) {
      throw new InvalidArgumentError(`name ${JSON.stringify(name)} for ${found.length} images`);
    }
    const imported: Imported[] = [];
    for (const image of found) {
      const chain = await importLayers(place, image, tellerOf(onProgress));
      const names = namesOf(image, name === undefined ? image.names : [name]);
      imported.push({ documents: image, names, layers: chain.length, snapshot: chain.at(-1) });
    }
    return imported;
  }

  async #record(
    imported: readonly Imported[],
    { namespace, snapshotter }: { readonly namespace: string; readonly snapshotter: string },
  ): Promise<readonly Image[]> {
    const now = nowMicroseconds();
    await this.#options.store.write((tx) => {
      for (const { documents, names, layers, snapshot } of imported) {
        const { manifest, mediaType, config } = documents;
        const platform = platformText(documents.platform);
        const image = { namespace, snapshotter, digest: digestOf(manifest), mediaType, manifest, config, platform };
        for (const name of names) putImage(tx, { ...image, name, layers, snapshot, now });
      }
    });
    this.#options.faults?.reach('images.recorded');
    const names = new Set(imported.flatMap((each) => each.names));
    const all = this.#options.store.read((tx) => listImages(tx, namespace));
    return all.filter((image) => image.snapshotter === snapshotter && names.has(image.name));
  }

  async list(call: CallContext = noContext): Promise<readonly Image[]> {
    const namespace = requireNamespace(call);
    return this.#options.store.read((tx) => listImages(tx, namespace));
  }

  async inspect(name: string, call: CallContext = noContext): Promise<ImageDetails> {
    const { id: _, snapshotId: __, ...details } = this.#find(name, requireNamespace(call));
    return details;
  }

  async remove(name: string, call: CallContext = noContext): Promise<void> {
    const namespace = requireNamespace(call);
    const image = this.#find(name, namespace);
    await this.#options.store.write((tx) => deleteImage(tx, image), { frees: true });
    await this.#removeLayers(image, { namespace, signal: call.signal });
  }

  /** From the top down, up to the first that something else needs, or that no import has made. */
  async #removeLayers({ snapshotter: name, chain }: ImageRecord, call: CallContext): Promise<void> {
    const snapshotter = this.#options.snapshotters.get(name);
    if (snapshotter === undefined) return;
    try {
      for (const layer of chain.toReversed()) {
        const { labels } = await snapshotter.stat(layer, call);
        if (!labels.has(importedLabel)) return;
        await snapshotter.remove(layer, call);
      }
    } catch (error) {
      if (!(error instanceof FailedPreconditionError || error instanceof NotFoundError)) throw error;
    }
  }

  #find(name: string, namespace: string): ImageRecord {
    const found = this.#options.store.read((tx) => {
      const exact = findImages(tx, namespace, name);
      return exact.length > 0 ? exact : findImages(tx, namespace, completeName(name));
    });
    const { defaultSnapshotter } = this.#options;
    const image = found.find(({ snapshotter }) => snapshotter === defaultSnapshotter) ?? found[0];
    if (image === undefined) throw new NotFoundError(`image ${JSON.stringify(name)}`);
    return image;
  }
}

/** An image without a name is called by the digest of its manifest. */
function namesOf({ manifest }: Pick<SourceImage, 'manifest'>, names: readonly string[]): readonly string[] {
  return names.length > 0 ? names : [digestOf(manifest)];
}

function tellerOf(onProgress: ImportRequest['onProgress']): TellProgress {
  return (progress) => onProgress?.(progress);
}
