// Whether something made from files is still what those files would give.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './project.mjs';

/**
 * A digest over names and contents.
 * @param {readonly string[]} files
 * @returns {string}
 */
export function digestOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

/** A note of what a product was made from; it lies in the product's own folder and goes with it. */
export class Stamp {
  /** @param {string} file */
  constructor(file) {
    this.file = file;
  }

  /** Whether the product was made from this. @param {string} digest */
  matches(digest) {
    try {
      return readFileSync(this.file, 'utf8') === digest;
    } catch {
      return false;
    }
  }

  /** Says that the product is finished. @param {string} digest */
  write(digest) {
    mkdirSync(path.dirname(this.file), { recursive: true });
    writeFileSync(this.file, digest);
  }

  /** Says that the product is being made again. */
  clear() {
    rmSync(this.file, { force: true });
  }
}
