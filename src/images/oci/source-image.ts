/** Finds the images in a directory or an archive: an OCI layout, or what `docker save` writes. */
import { FailedPreconditionError, InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import { type BlobPlace, compressionOf } from '../unpack/decode.js';
import { digestBlob } from '../unpack/unpack.js';
import { digestOf } from './digest.js';
import {
  type Descriptor,
  type ImageConfig,
  isIndex,
  listOf,
  type Manifest,
  mediaTypes,
  type Platform,
  parseConfig,
  parseIndex,
  parseJson,
  parseManifest,
} from './documents.js';
import { chooseManifest, isAttestation } from './platform.js';
import { completeName } from './reference.js';
import { readDocument, type SourceFiles } from './source-files.js';

/** A layer that is there to be unpacked. */
export interface SourceLayer {
  /** What its bytes must be when they are decoded. */
  readonly diffId: string;
  /** What they must be as they are. */
  readonly digest: string;
  readonly place: BlobPlace;
}

/** An image that is there to be imported; its documents are verified, its layers are not. */
export interface SourceImage {
  /** How it is called; none where the source has no names. */
  readonly names: readonly string[];
  readonly manifest: Buffer;
  readonly mediaType: string;
  readonly config: Buffer;
  readonly platform: Platform;
  /** The lowest first. */
  readonly layers: readonly SourceLayer[];
}

/** How images are chosen. */
export interface FindImagesOptions {
  /** Of an image that is there for several. */
  readonly platform: Platform;
  readonly signal?: AbortSignal | undefined;
}

const NAME = 'io.containerd.image.name';
const REF_NAME = 'org.opencontainers.image.ref.name';

/** Indexes in indexes; there is use for one. */
const MAX_DEPTH = 4;

/**
 * The images of a source. One that is there for several platforms counts once.
 * @throws InvalidArgumentError when it holds none, or one of its documents is malformed; FailedPreconditionError when a document
 * is not what its digest says; NotFoundError when a part is missing, or there is nothing for the platform.
 */
export async function findImages(files: SourceFiles, options: FindImagesOptions): Promise<SourceImage[]> {
  const index = files.find('index.json');
  if (index !== undefined && files.find('oci-layout') !== undefined) return layoutImages(files, index, options);
  const manifest = files.find('manifest.json');
  if (manifest !== undefined) return await dockerImages(files, manifest, options);
  throw new InvalidArgumentError('source is no image: it has neither oci-layout and index.json nor manifest.json');
}

function layoutImages(files: SourceFiles, place: BlobPlace, { platform }: FindImagesOptions): SourceImage[] {
  const found = parseIndex(readDocument(place, 'index.json'), 'index.json').filter((each) => !isAttestation(each));
  if (found.length === 0) throw new InvalidArgumentError('index.json lists no image');
  // One image for several platforms, without an index of its own.
  const isOne =
    found.length > 1 && found.every(({ annotations, platform: own }) => own && nameOf(annotations) === undefined);
  const listed = isOne ? [chooseManifest(found, platform)] : found;
  const images = new Map<string, SourceImage>();
  for (const each of listed) {
    const image = layoutImage(files, each, platform);
    const key = digestOf(image.manifest);
    images.set(key, { ...image, names: [...(images.get(key)?.names ?? []), ...image.names] });
  }
  return [...images.values()];
}

function layoutImage(files: SourceFiles, listed: Descriptor, wanted: Platform): SourceImage {
  const name = nameOf(listed.annotations);
  let chosen = listed;
  for (let depth = 0; isIndex(chosen); depth += 1) {
    if (depth === MAX_DEPTH) throw new InvalidArgumentError('image has too many indexes in each other');
    chosen = chooseManifest(parseIndex(readBlob(files, chosen), `index ${chosen.digest}`), wanted);
  }
  const bytes = readBlob(files, chosen);
  const manifest = parseManifest(bytes, `manifest ${chosen.digest}`);
  const config = readBlob(files, manifest.config);
  const parsed = parseConfig(config, `config ${manifest.config.digest}`);
  requireSameLength(manifest, parsed);
  return {
    names: name === undefined ? [] : [name],
    manifest: bytes,
    mediaType: chosen.mediaType === '' ? mediaTypes.manifest : chosen.mediaType,
    config,
    platform: parsed.platform,
    layers: manifest.layers.map((layer, position) => ({
      diffId: parsed.diffIds[position] ?? '',
      digest: layer.digest,
      place: blobPlace(files, layer),
    })),
  };
}

/** The name that containerd gives an image, or that of a layout when that is more than a tag. */
function nameOf(annotations: Descriptor['annotations']): string | undefined {
  const { [NAME]: full, [REF_NAME]: short } = annotations;
  return full ?? (short?.includes('/') === true ? short : undefined);
}

function requireSameLength({ layers }: Manifest, { diffIds }: ImageConfig): void {
  if (layers.length === diffIds.length) return;
  throw new InvalidArgumentError(
    `image has ${layers.length} layers in its manifest and ${diffIds.length} in its config`,
  );
}

function blobPlace(files: SourceFiles, { digest, size }: Descriptor): BlobPlace {
  const place = files.find(`blobs/${digest.replace(':', '/')}`);
  if (place === undefined) throw new NotFoundError(`blob ${digest}`);
  if (place.length === size) return place;
  throw new FailedPreconditionError(`blob ${digest} has ${place.length} bytes and not ${size}`);
}

function readBlob(files: SourceFiles, descriptor: Descriptor): Buffer {
  const what = `blob ${descriptor.digest}`;
  const bytes = readDocument(blobPlace(files, descriptor), what);
  if (digestOf(bytes) !== descriptor.digest)
    throw new FailedPreconditionError(`${what} has the digest ${digestOf(bytes)}`);
  return bytes;
}

/** One image of `docker save`, which has no manifests of layers: one is made, as containerd does. */
async function dockerImages(
  files: SourceFiles,
  place: BlobPlace,
  { signal }: FindImagesOptions,
): Promise<SourceImage[]> {
  const what = 'manifest.json';
  const listed = listOf(parseJson(readDocument(place, what), what), what);
  if (listed.length === 0) throw new InvalidArgumentError(`${what} lists no image`);
  const images: SourceImage[] = [];
  for (const each of listed) images.push(await dockerImage(files, dockerEntry(each, what), signal));
  return images;
}

interface DockerEntry {
  readonly config: string;
  readonly layers: readonly string[];
  readonly tags: readonly string[];
}

function dockerEntry(value: unknown, what: string): DockerEntry {
  const { Config: config, Layers: layers, RepoTags: tags } = Object(value) as Readonly<Record<string, unknown>>;
  if (typeof config !== 'string') throw new InvalidArgumentError(`${what} has an image without a config`);
  return { config, layers: listOf(layers ?? [], what).map(String), tags: listOf(tags ?? [], what).map(String) };
}

async function dockerImage(
  files: SourceFiles,
  { config: configName, layers: names, tags }: DockerEntry,
  signal: AbortSignal | undefined,
): Promise<SourceImage> {
  const config = readDocument(requireFile(files, configName), configName);
  const { platform, diffIds } = parseConfig(config, configName);
  if (names.length !== diffIds.length) {
    throw new InvalidArgumentError(`image has ${names.length} layers and ${diffIds.length} in its config`);
  }
  const layers: (SourceLayer & { readonly mediaType: string })[] = [];
  for (const [position, name] of names.entries()) {
    const place = requireFile(files, name);
    const diffId = diffIds[position] ?? '';
    const compression = compressionOf(place);
    const digest = compression === 'none' ? diffId : (await digestBlob(place, { signal })).digest;
    layers.push({ place, diffId, digest, mediaType: layerTypes[compression] });
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: digestOf(config), size: config.length },
    layers: layers.map(({ mediaType, digest, place }) => ({ mediaType, digest, size: place.length })),
  };
  return {
    names: tags.map(completeName),
    manifest: Buffer.from(JSON.stringify(manifest)),
    mediaType: mediaTypes.manifest,
    config,
    platform,
    layers: layers.map(({ place, diffId, digest }) => ({ place, diffId, digest })),
  };
}

const layerTypes = { none: mediaTypes.layer, gzip: mediaTypes.gzipLayer, zstd: mediaTypes.zstdLayer } as const;

function requireFile(files: SourceFiles, name: string): BlobPlace {
  const place = files.find(name);
  if (place === undefined) throw new NotFoundError(`file ${JSON.stringify(name)} of the image`);
  return place;
}
