// The images that jobs are done with.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { at } from '../../scripts/lib/project.mjs';
import { say } from '../../scripts/lib/run.mjs';
import { ociArchive } from './oci.mjs';

/** @typedef {import('./tar.mjs').Entry} Entry */

/**
 * @typedef {object} Image
 * @property {string} name
 * @property {string} archive
 */

/** To be raised when what is made below changes: archives are kept in build/. */
const version = 1;

/** Gives each image, made when it is not there yet. */
export const images = {
  /** 128 layers of five files each. */
  layers: () => provide('layers', () => times(128, (layer) => files({ layer, directories: 1, each: 5, size: 1024 }))),
  /** Ten layers of 1,800 files each, 70 MB. */
  files: () => provide('files', () => times(10, (layer) => files({ layer, directories: 18, each: 100, size: 8192 }))),
  /** Five layers, the first with busybox. */
  busybox: () =>
    provide('busybox', () => [
      busybox(),
      ...times(4, (layer) => files({ layer, directories: 4, each: 25, size: 2048 })),
    ]),
};

/** @param {string} title @param {() => readonly (readonly Entry[])[]} layers @returns {Image} */
function provide(title, layers) {
  const name = `strata.bench/${title}:v${version}`;
  const archive = at('build', 'bench-images', `${title}-v${version}.tar`);
  if (!existsSync(archive)) {
    say(`making the image ${title}`);
    mkdirSync(at('build', 'bench-images'), { recursive: true });
    writeFileSync(`${archive}.part`, ociArchive({ name, layers: layers(), command: ['sleep', '3600'] }));
    renameSync(`${archive}.part`, archive);
  }
  return { name, archive };
}

/** @returns {Entry[]} */
function busybox() {
  const content = readFileSync(['/bin/busybox', '/usr/bin/busybox'].find(existsSync) ?? '');
  const directories = ['bin/', 'dev/', 'proc/', 'sys/', 'tmp/'].map((name) => ({ name }));
  return [...directories, { name: 'bin/sleep', content, mode: 0o755 }];
}

/**
 * The files of a layer, in directories of their own and below one that all layers share. Their sizes lie around half of the
 * largest.
 * @param {{ layer: number, directories: number, each: number, size: number }} options
 * @returns {Entry[]}
 */
function files({ layer, directories, each, size }) {
  const random = generator(layer + 1);
  return times(directories, (directory) => {
    const top = `data/layer-${layer}-${directory}/`;
    const inside = times(each, (file) => ({ name: `${top}file-${file}`, content: text(random, random() % size) }));
    return [...(directory === 0 ? [{ name: 'data/' }] : []), { name: top }, ...inside];
  }).flat();
}

/** Bytes that can be compressed about as far as a program's text. @param {() => number} random @param {number} length */
function text(random, length) {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) bytes[index] = 97 + ((random() >>> 8) & 15);
  return bytes;
}

/** Numbers that are the same each time: xorshift of 32 bits. @param {number} seed */
function generator(seed) {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state;
  };
}

/** @template T @param {number} count @param {(index: number) => T} make */
function times(count, make) {
  return Array.from({ length: count }, (_, index) => make(index));
}
