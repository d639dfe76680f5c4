/** The JSON documents of an image: index, manifest and configuration, of OCI and of Docker (version 2, schema 2). */
import { InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import { requireDigest } from './digest.js';

/** How documents are called. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  gzipLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstdLayer: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const;

/** What an image runs on. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** Empty where there is but one. */
  readonly variant: string;
}

/** What is known of a blob before it is read. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A manifest. */
export interface Manifest {
  readonly config: Descriptor;
  /** The lowest first. */
  readonly layers: readonly Descriptor[];
}

/** What of a configuration Strata needs. */
export interface ImageConfig {
  readonly platform: Platform;
  /** The lowest first. */
  readonly diffIds: readonly string[];
}

/** Whether a document is an index of others. */
export function isIndex({ mediaType }: Descriptor): boolean {
  return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}

/** The descriptors of an index. @throws InvalidArgumentError when it is none. */
export function parseIndex(bytes: Buffer, what: string): readonly Descriptor[] {
  return listOf(parseObject(bytes, what)['manifests'], what).map((each) => descriptorOf(each, what));
}

/** Reads a manifest. @throws InvalidArgumentError when it is none; NotImplementedError for Docker's first schema. */
export function parseManifest(bytes: Buffer, what: string): Manifest {
  const document = parseObject(bytes, what);
  if (document['schemaVersion'] === 1) throw new NotImplementedError(`${what} has the first schema of Docker`);
  return {
    config: descriptorOf(document['config'], what),
    layers: listOf(document['layers'], what).map((each) => descriptorOf(each, what)),
  };
}

/** Reads a configuration. @throws InvalidArgumentError when it is not that of an image. */
export function parseConfig(bytes: Buffer, what: string): ImageConfig {
  const document = parseObject(bytes, what);
  const { rootfs } = document;
  const diffIds = isObject(rootfs) ? (rootfs['diff_ids'] ?? []) : undefined;
  if (diffIds === undefined) throw new InvalidArgumentError(`${what} is not the configuration of an image`);
  return {
    platform: platformOf(document),
    diffIds: listOf(diffIds, what).map((each) => requireDigest(each, what)),
  };
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws InvalidArgumentError when the bytes are no JSON object. */
export function parseObject(bytes: Buffer, what: string): JsonObject {
  const value = parseJson(bytes, what);
  if (!isObject(value)) throw new InvalidArgumentError(`${what} is no JSON object`);
  return value;
}

/** @throws InvalidArgumentError when the bytes are no JSON. */
export function parseJson(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new InvalidArgumentError(`${what} is no JSON`, { cause: error });
  }
}

/** @throws InvalidArgumentError when the value is no list. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new InvalidArgumentError(`${what} has no list where one must be`);
}

function descriptorOf(value: unknown, what: string): Descriptor {
  if (!isObject(value)) throw new InvalidArgumentError(`${what} has no descriptor where one must be`);
  const { mediaType, size, platform, annotations } = value;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new InvalidArgumentError(`${what} has ${JSON.stringify(size)} for a size`);
  }
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest: requireDigest(value['digest'], what),
    size,
    ...(isObject(platform) ? { platform: platformOf(platform) } : {}),
    annotations: isObject(annotations) ? textsOf(annotations) : {},
  };
}

function platformOf({ os, architecture, variant }: JsonObject): Platform {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { os: text(os), architecture: text(architecture), variant: text(variant) };
}

function textsOf(values: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((each): each is [string, string] => typeof each[1] === 'string'),
  );
}
