/**
 * The tree that a layer is unpacked into: what the layers below show, over which entries are put.
 *
 * A layer means the same whatever keeps it. So what is in the tree already counts as overlay would have it: an entry follows
 * symbolic links of its own layer, inside the root, but a symbolic link of a lower layer in the place of a directory is
 * replaced by a directory; and what a whiteout takes away is what lies below, never what the layer itself has brought.
 *
 * Nobody else may change the tree meanwhile. No step leads out of the root: each is looked at before it is taken.
 */
import {
  type BigIntStats,
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { InvalidArgumentError } from '../../errors/index.js';
import { hasErrno, setTimes, toBinary, toBytes } from '../../linux/index.js';
import { parentOf, stepsOf } from './entry-name.js';

/** As many symbolic links as containerd follows (github.com/containerd/continuity fs/path.go). */
const MAX_LINKS = 255;

/** As many bytes as Linux takes of a path, with the zero at its end. */
const MAX_PATH = 4096;

/** The mode of a directory that no layer lists. */
const IMPLIED_MODE = 0o755;

/** A directory that entries were put into. */
interface UsedDirectory {
  /** As it was before, when it is of a lower layer. */
  readonly before: BigIntStats | undefined;
}

/** See the head of this file. All paths are such as in `entry-name.ts`. */
export class LayerTree {
  readonly #root: string;
  /** What the layer has brought, of any kind. */
  readonly #made = new Set<string>();
  readonly #used = new Map<string, UsedDirectory>();
  /** What the layer has taken away, and not brought again since. */
  readonly #deleted = new Set<string>();
  /** Directories that the layer has files in, but does not list. */
  readonly #implied = new Set<string>();
  /** Directories in which nothing of lower layers is left. */
  readonly #hidden = new Set<string>();

  /** @param root An absolute path. */
  constructor(root: string) {
    this.#root = toBinary(root);
    this.#used.set('', { before: this.stats('') });
  }

  /** What to hand to the system for a path. */
  at(path: string): Buffer {
    return toBytes(`${this.#root}${path}`);
  }

  /** What is at a path; undefined when nothing is. */
  stats(path: string): BigIntStats | undefined {
    try {
      return lstatSync(this.at(path), { bigint: true, throwIfNoEntry: false });
    } catch (error) {
      if (hasErrno(error, 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /** Whether the layer itself has brought what is at a path. */
  isMade(path: string): boolean {
    return this.#made.has(path);
  }

  /** Notes that the layer has brought what is at a path. */
  noteMade(path: string): void {
    this.#made.add(path);
    this.#deleted.delete(path);
  }

  /** Whether the layer lists every directory that it has files in. */
  get listsDirectories(): boolean {
    return this.#implied.size === 0;
  }

  /**
   * Notes that the layer lists the directory at a path.
   * @param before What was there; the directory itself when it was one.
   */
  noteDirectory(path: string, before: BigIntStats | undefined): void {
    this.noteMade(path);
    this.#implied.delete(path);
    if (!this.#used.has(path)) this.#used.set(path, { before });
  }

  /**
   * Where steps lead, along the symbolic links of this layer, or of all layers. What does not exist is taken literally.
   * @throws InvalidArgumentError when links go in a circle, or the path is longer than Linux takes.
   */
  resolve(steps: readonly string[], follow: 'own' | 'all'): string {
    const waiting = steps.toReversed();
    let inside = '';
    for (let links = 0; ; ) {
      const step = waiting.pop();
      if (step === undefined) return inside;
      const next = stepTo(inside, step);
      const link = this.#used.has(next) ? undefined : this.#linkAt(next, follow);
      if (link === undefined) {
        inside = next;
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw new InvalidArgumentError('too many symbolic links');
      if (link.startsWith('/')) inside = '';
      waiting.push(...stepsOf(link).reverse());
    }
  }

  #linkAt(path: string, follow: 'own' | 'all'): string | undefined {
    if (follow === 'own' && !this.#made.has(path)) return undefined;
    try {
      return readlinkSync(this.at(path), 'latin1');
    } catch (error) {
      if (hasErrno(error, 'EINVAL', 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /**
   * The directory for an entry, where steps lead; what is missing of it is made.
   * @throws InvalidArgumentError when the layer has something else there.
   */
  directoryFor(steps: readonly string[]): string {
    const path = this.resolve(steps, 'own');
    this.#openDirectory(path);
    return path;
  }

  /** The same for a whiteout; undefined where the layer has taken the directory away, so that there is nothing to do. */
  directoryForWhiteout(steps: readonly string[]): string | undefined {
    const path = this.resolve(steps, 'own');
    for (let at = path; at !== ''; at = parentOf(at)) if (this.#deleted.has(at)) return undefined;
    this.#openDirectory(path);
    return path;
  }

  #openDirectory(path: string): void {
    if (this.#used.has(path)) return;
    this.#openDirectory(parentOf(path));
    const found = this.stats(path);
    if (found?.isDirectory() === true) {
      this.#used.set(path, { before: this.#made.has(path) ? undefined : found });
      return;
    }
    if (found !== undefined && this.#made.has(path))
      throw new InvalidArgumentError(`/${path.slice(1)} is no directory`);
    if (found !== undefined) this.#removeTree(path, found);
    mkdirSync(this.at(path));
    chmodSync(this.at(path), IMPLIED_MODE);
    if (found !== undefined) this.noteReplaced(path);
    this.#used.set(path, { before: undefined });
    this.noteMade(path);
    this.#implied.add(path);
  }

  /** Notes that a new directory is in the place of something else: nothing of lower layers shows in it. */
  noteReplaced(_path: string): void {}

  /** Removes whatever is at a path, for an entry that takes its place. @returns the paths of directories that went. */
  vacate(path: string): readonly string[] {
    const found = this.stats(path);
    const directories: string[] = [];
    if (found !== undefined) this.#removeTree(path, found, directories);
    return directories;
  }

  /** Notes that the layer has taken away what is at a path. */
  noteDeleted(path: string): void {
    this.#deleted.add(path);
  }

  /** Takes away what lower layers show at a path. */
  whiteOut(path: string): void {
    this.noteDeleted(path);
    const found = this.stats(path);
    if (found === undefined) return;
    if (this.#keeps(path)) {
      if (found.isDirectory()) this.hideBelow(path);
    } else this.#removeTree(path, found);
  }

  /** Takes away what lower layers show inside a directory. */
  hideBelow(directory: string): void {
    if (this.#hidden.has(directory)) return;
    this.#hidden.add(directory);
    for (const name of readdirSync(this.at(directory), 'latin1')) {
      const path = `${directory}/${name}`;
      const found = this.stats(path);
      if (found === undefined) continue;
      if (!this.#keeps(path)) this.#removeTree(path, found);
      else if (found.isDirectory()) this.hideBelow(path);
    }
  }

  /** Whether a path is of the layer, or leads to something that is. */
  #keeps(path: string): boolean {
    return this.#made.has(path) || this.#used.has(path);
  }

  #removeTree(path: string, stats: BigIntStats, directories: string[] = []): void {
    if (stats.isDirectory()) {
      for (const name of readdirSync(this.at(path), 'latin1')) {
        const inside = `${path}/${name}`;
        const found = this.stats(inside);
        if (found !== undefined) this.#removeTree(inside, found, directories);
      }
      rmdirSync(this.at(path));
      directories.push(path);
      this.#used.delete(path);
      this.#implied.delete(path);
    } else unlinkSync(this.at(path));
    this.#made.delete(path);
  }

  /** Gives the directories of lower layers that entries were put into, and that the layer does not list, their times again. */
  restoreTimes(): void {
    for (const [path, { before }] of this.#used) {
      if (before !== undefined && !this.#made.has(path)) setTimes(this.at(path), before);
    }
  }
}

/** @throws InvalidArgumentError when the path is longer than Linux takes. */
function stepTo(inside: string, step: string): string {
  const next = step === '..' ? parentOf(inside) : `${inside}/${step}`;
  if (next.length < MAX_PATH) return next;
  throw new InvalidArgumentError('has a path that is too long');
}
