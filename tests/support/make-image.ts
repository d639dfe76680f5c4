/** Images made by hand, in the forms in which they come. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type MadeEntry, makeTar } from './make-tar.js';

/** What an image is made of. */
export interface MadeImage {
  /** The entries of each layer, the lowest first. */
  readonly layers: readonly (readonly MadeEntry[])[];
  readonly compression?: 'none' | 'gzip' | 'zstd';
  readonly architecture?: string;
  /** Its name, in the form of its kind. */
  readonly name?: string;
}

/** Files by their names. */
export type MadeFiles = Map<string, Buffer>;

/** The digest of bytes. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

const pack = {
  none: (bytes: Buffer) => bytes,
  gzip: (bytes: Buffer) => gzipSync(bytes),
  zstd: zstdCompressSync,
} as const;

interface BuiltImage {
  readonly config: Buffer;
  readonly blobs: readonly Buffer[];
  readonly diffIds: readonly string[];
}

function build({ layers, compression = 'none', architecture = 'amd64' }: MadeImage): BuiltImage {
  const archives = layers.map((entries) => makeTar(entries));
  const diffIds = archives.map(sha256);
  const config = { architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds }, config: { Cmd: ['/x'] } };
  const blobs = archives.map((archive) => pack[compression](archive));
  return { config: Buffer.from(JSON.stringify(config)), blobs, diffIds };
}

/** The diff IDs of an image's layers. */
export function diffIdsOf(image: MadeImage): readonly string[] {
  return build(image).diffIds;
}

function addBlob(files: MadeFiles, bytes: Buffer, more: object = {}): object {
  files.set(`blobs/${sha256(bytes).replace(':', '/')}`, bytes);
  return { mediaType: '', digest: sha256(bytes), size: bytes.length, ...more };
}

const index = (manifests: readonly object[]): Buffer => Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }));

/** An OCI layout: each image by itself, or all in an index of their own, for several platforms. */
export function ociLayout(images: readonly MadeImage[], together = false): MadeFiles {
  const files: MadeFiles = new Map();
  const manifests = images.map((image) => {
    const { config, blobs } = build(image);
    const manifest = {
      schemaVersion: 2,
      config: addBlob(files, config, { mediaType: 'application/vnd.oci.image.config.v1+json' }),
      layers: blobs.map((blob) => addBlob(files, blob, { mediaType: 'application/vnd.oci.image.layer.v1.tar' })),
    };
    return addBlob(files, Buffer.from(JSON.stringify(manifest)), {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      ...(together ? { platform: { os: 'linux', architecture: image.architecture ?? 'amd64' } } : {}),
      ...(image.name === undefined ? {} : { annotations: { 'io.containerd.image.name': image.name } }),
    });
  });
  const attestation = { ...manifests[0], platform: { os: 'unknown', architecture: 'unknown' } };
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const listed = together ? [addBlob(files, index([attestation, ...manifests]), { mediaType })] : manifests;
  files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  files.set('index.json', index(listed));
  return files;
}

/** What `docker save` writes. */
export function dockerArchive(images: readonly MadeImage[]): MadeFiles {
  const files: MadeFiles = new Map();
  const listed = images.map((image) => {
    const { config, blobs } = build(image);
    const name = `${sha256(config).slice('sha256:'.length)}.json`;
    files.set(name, config);
    const layers = blobs.map((blob) => {
      const layer = `${sha256(blob).slice('sha256:'.length)}/layer.tar`;
      files.set(layer, blob);
      return layer;
    });
    return { Config: name, RepoTags: image.name === undefined ? null : [image.name], Layers: layers };
  });
  files.set('manifest.json', Buffer.from(JSON.stringify(listed)));
  return files;
}

/** The files in an archive, those that describe the others last. */
export function archiveOf(files: MadeFiles, more: readonly MadeEntry[] = []): Buffer {
  return makeTar([...more, ...[...files].map(([name, content]) => ({ name: '', pax: { path: name }, content }))]);
}

/** Writes the files into a directory. */
export function writeFiles(directory: string, files: MadeFiles): string {
  for (const [name, content] of files) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), content);
  }
  return directory;
}
