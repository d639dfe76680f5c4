// Layers to be put on disk, and what others write beside them.
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

/** @typedef {import('./threads.mjs').Threads} Threads */

/**
 * The files of a layer.
 * @typedef {object} Layer
 * @property {readonly string[]} files
 * @property {readonly string[]} directories Those of the files first, then those above them.
 */

const filesInDirectory = 100;
const chunk = Buffer.alloc(1024 ** 2, 7);

/** See the head of this file. */
export class Ground {
  /** @param {string} directory @param {Threads} threads */
  constructor(directory, threads) {
    this.place = path.join(directory, 'layers');
    this.threads = threads;
  }

  /**
   * Writes what others do, and then the layers; what was written before is on disk.
   * @param {{ files: number, bytes: number, foreign: number, layers: number }} load
   * @returns {Promise<readonly Layer[]>}
   */
  async prepare({ files, bytes, foreign, layers }) {
    mkdirSync(this.place);
    await this.threads.syncAll();
    writeForeign(path.join(this.place, 'foreign'), foreign);
    return Array.from({ length: layers }, (_, n) => this.#makeLayer(`layer-${n}`, files, bytes));
  }

  /** @param {string} name @param {number} count @param {number} bytes @returns {Layer} */
  #makeLayer(name, count, bytes) {
    const top = path.join(this.place, name);
    mkdirSync(top);
    const content = Buffer.alloc(bytes, 1);
    /** @type {string[]} */
    const files = [];
    /** @type {string[]} */
    const directories = [];
    for (let n = 0; n < count; n += 1) {
      const directory = path.join(top, `d${Math.floor(n / filesInDirectory)}`);
      if (n % filesInDirectory === 0) {
        mkdirSync(directory);
        directories.push(directory);
      }
      const file = path.join(directory, `f${n}`);
      writeFileSync(file, content);
      files.push(file);
    }
    return { files, directories: [...directories, top, this.place] };
  }

  /** Deletes everything. */
  async clear() {
    rmSync(this.place, { recursive: true });
    await this.threads.syncAll();
  }
}

/** @param {string} file @param {number} mebibytes */
function writeForeign(file, mebibytes) {
  const fd = openSync(file, 'w');
  for (let n = 0; n < mebibytes; n += 1) writeSync(fd, chunk);
  closeSync(fd);
}
