// What a back end costs: each operation by itself, one after the other, in this process.
import { randomFillSync } from 'node:crypto';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { median } from '../report/sample.mjs';
import { synchronize } from '../targets/ground.mjs';

/** @typedef {import('../../dist/index.js').Snapshotter} Snapshotter */

/**
 * @typedef {object} Costs Times in milliseconds, space in bytes.
 * @property {number} prepare A snapshot over the layer.
 * @property {number} commit The layer, from its last byte to its record.
 * @property {number} remove A snapshot into which nothing was written, until the answer.
 * @property {number} gone The layer, until its files are gone.
 * @property {number} layer What the layer takes.
 * @property {number} snapshot What a snapshot over it takes, into which nothing was written.
 */

/** The layer: so many files of so many bytes in so many directories, 100 MB. */
const files = { count: 1000, size: 100_000, directories: 20 };

const layers = 3;
const snapshots = 10;

/** Times one step. @param {() => Promise<unknown>} step */
async function timed(step) {
  const start = performance.now();
  await step();
  return performance.now() - start;
}

/** Writes the files of a layer, of bytes that cannot be compressed. @param {string} root */
function fill(root) {
  const content = Buffer.allocUnsafe(files.size);
  for (let n = 0; n < files.count; n += 1) {
    const directory = path.join(root, `directory-${n % files.directories}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, `file-${n}`), randomFillSync(content));
  }
}

/**
 * Makes the layers. @param {Snapshotter} snapshotter
 * @returns {Promise<number[]>} How long each commit took.
 */
async function makeLayers(snapshotter) {
  const { temporaryMount } = await import('../../dist/index.js');
  const times = [];
  for (let n = 0; n < layers; n += 1) {
    const key = `make ${n}`;
    {
      const mounted = await temporaryMount(await snapshotter.prepare({ key }));
      try {
        fill(mounted.path);
      } finally {
        await mounted[Symbol.asyncDispose]();
      }
    }
    times.push(await timed(() => snapshotter.commit({ key, name: `layer ${n}` })));
  }
  return times;
}

/** @param {number} count @param {(n: number) => Promise<unknown>} step */
async function repeated(count, step) {
  const times = [];
  for (let n = 0; n < count; n += 1) times.push(await timed(() => step(n)));
  return median(times);
}

/** Bytes that are in use, when everything has been written out. @param {string} root */
async function bytesInUse(root) {
  await synchronize(root);
  const { bsize, blocks, bfree } = statfsSync(root);
  return (blocks - bfree) * bsize;
}

/**
 * Measures a snapshotter that is empty.
 * @param {Snapshotter} snapshotter
 * @param {string} root Where its file system is mounted; it has that for itself.
 * @returns {Promise<Costs>}
 */
export async function measure(snapshotter, root) {
  const empty = await bytesInUse(root);
  const commit = median(await makeLayers(snapshotter));
  const full = await bytesInUse(root);
  const prepare = await repeated(snapshots, (n) => snapshotter.prepare({ key: `work ${n}`, parent: 'layer 0' }));
  const used = await bytesInUse(root);
  const remove = await repeated(snapshots, (n) => snapshotter.remove(`work ${n}`));
  await snapshotter.cleanup();
  const gone = await repeated(layers, async (n) => {
    await snapshotter.remove(`layer ${n}`);
    await snapshotter.cleanup();
  });
  return { prepare, commit, remove, gone, layer: (full - empty) / layers, snapshot: (used - full) / snapshots };
}
