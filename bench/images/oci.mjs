// An image as an archive that `ctr images import` takes.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { tar } from './tar.mjs';

/** @typedef {import('./tar.mjs').Entry} Entry */

const types = {
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
};

/** @param {Buffer} bytes */
const digestOf = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** @param {unknown} value */
const json = (value) => Buffer.from(JSON.stringify(value));

/** What a program on this machine is for, in the words of the specification. @type {Readonly<Record<string, string>>} */
const architectures = { x64: 'amd64' };

/**
 * @param {{ name: string, layers: readonly (readonly Entry[])[], command: readonly string[] }} image
 * @returns {Buffer}
 */
export function ociArchive({ name, layers, command }) {
  /** @type {Map<string, Buffer>} */
  const blobs = new Map();
  /** @param {string} mediaType @param {Buffer} bytes */
  const blob = (mediaType, bytes) => {
    const digest = digestOf(bytes);
    blobs.set(`blobs/sha256/${digest.slice('sha256:'.length)}`, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const archives = layers.map(tar);
  const config = {
    architecture: architectures[process.arch] ?? process.arch,
    os: 'linux',
    config: { Cmd: command, Env: ['PATH=/bin'] },
    rootfs: { type: 'layers', diff_ids: archives.map(digestOf) },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: blob(types.config, json(config)),
    layers: archives.map((archive) => blob(types.layer, gzipSync(archive))),
  };
  const annotations = { 'io.containerd.image.name': name };
  const index = { schemaVersion: 2, manifests: [{ ...blob(types.manifest, json(manifest)), annotations }] };
  return tar([
    { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: json(index) },
    ...[...blobs].map(([path, content]) => ({ name: path, content })),
  ]);
}
