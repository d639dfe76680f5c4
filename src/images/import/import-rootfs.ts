import { randomUUID } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import { copyTreeInto } from '../../trees/index.js';
import { digestOf } from '../oci/digest.js';
import { mediaTypes } from '../oci/documents.js';
import { thisPlatform } from '../oci/platform.js';
import type { SourceImage } from '../oci/source-image.js';
import { type BlobPlace, compressionOf } from '../unpack/decode.js';
import { unpackLayer } from '../unpack/unpack.js';
import type { UnpackedBlob } from '../unpack/unpack-tasks.js';
import type { TellProgress } from './import-image.js';
import { makeLayer } from './new-layer.js';
import type { ImportPlace } from './place.js';

/** An image that was made of plain files. */
export interface RootfsImage {
  readonly documents: Pick<SourceImage, 'manifest' | 'mediaType' | 'config' | 'platform'>;
  /** Its one snapshot. */
  readonly snapshot: string;
}

/**
 * Makes one layer of a directory or an archive of files, and the documents of an image of it. A directory is copied, on shared
 * blocks where the file system can; its layer has no archive and so no diff ID.
 * @throws as `Images.import`.
 */
export async function importRootfs(place: ImportPlace, source: string, tell: TellProgress): Promise<RootfsImage> {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) throw new NotFoundError(`image source ${source}`);
  if (!stats.isDirectory() && !stats.isFile()) {
    throw new InvalidArgumentError(`image source ${source} is neither a directory nor a file`);
  }
  const total = stats.isDirectory() ? 0 : stats.size;
  const told = { layer: source, position: 1, layers: 1, total };
  const onRead = (bytes: number): void => tell({ ...told, state: 'unpacking', bytes });
  onRead(0);
  const image = stats.isDirectory()
    ? await importDirectory(place, realpathSync(source))
    : await importArchive(place, { path: source, offset: 0, length: total }, onRead);
  tell({ ...told, state: 'done', bytes: total });
  return image;
}

async function importDirectory(place: ImportPlace, source: string): Promise<RootfsImage> {
  const snapshot = await makeLayer(place, {
    parent: undefined,
    async fill({ root }) {
      await copyTreeInto({ from: source, to: root, signal: place.signal });
      return `rootfs-${randomUUID()}`;
    },
  });
  return { documents: documentsOf([], []), snapshot };
}

async function importArchive(
  place: ImportPlace,
  archive: BlobPlace,
  onRead: (bytes: number) => void,
): Promise<RootfsImage> {
  const { limits, signal } = place;
  let unpacked: UnpackedBlob | undefined;
  const snapshot = await makeLayer(place, {
    parent: undefined,
    async fill(target) {
      unpacked = await unpackLayer(archive, target, { limits, signal, onRead });
      return unpacked.diffId;
    },
  });
  const mediaType = layerTypes[compressionOf(archive)];
  const layer = { mediaType, digest: unpacked?.digest, size: archive.length };
  return { documents: documentsOf([layer], [snapshot]), snapshot };
}

const layerTypes = { none: mediaTypes.layer, gzip: mediaTypes.gzipLayer, zstd: mediaTypes.zstdLayer } as const;

function documentsOf(layers: readonly object[], diffIds: readonly string[]): RootfsImage['documents'] {
  const platform = thisPlatform();
  const { os, architecture } = platform;
  const config = Buffer.from(JSON.stringify({ os, architecture, rootfs: { type: 'layers', diff_ids: diffIds } }));
  const described = { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length };
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: described, layers };
  return { config, platform, mediaType: mediaTypes.manifest, manifest: Buffer.from(JSON.stringify(manifest)) };
}
