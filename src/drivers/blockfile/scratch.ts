import { existsSync } from 'node:fs';
import { chmod, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { FailedPreconditionError, fromSystemError, throwIfAborted } from '../../errors/index.js';
import { findMkfs, findProgram, makeFileSystem, runProgram } from '../../linux/index.js';
import { copyFile } from '../../trees/index.js';
import { syncFile } from './image.js';
import type { BlockfileType, ResolvedBlockfileOptions } from './options.js';

/** The mode of an image; the directories above it let nobody else in. */
export const IMAGE_MODE = 0o644;

/** Writes at once what the kernel would otherwise write after the first mount, and so into every copy. */
const COMPLETE: Readonly<Record<BlockfileType, readonly string[]>> = {
  ext4: ['-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: [],
};

/** The image from which snapshots without a parent start. */
export function scratchPath(root: string): string {
  return `${root}/scratch`;
}

/** Where it lies until it is whole; a daemon that is killed leaves it there. */
function unfinishedScratch(root: string): string {
  return `${scratchPath(root)}.new`;
}

/** Deletes what a crash left of the making of an image to start from. */
export function removeUnfinishedScratch(root: string): Promise<void> {
  return rm(unfinishedScratch(root), { force: true });
}

/** Makes an empty file system of a size at a path, which must not exist. What fails leaves nothing. */
export async function makeImage(
  path: string,
  { type, size, signal }: { readonly type: BlockfileType; readonly size: number; readonly signal?: AbortSignal },
): Promise<void> {
  throwIfAborted(signal);
  await writeFile(path, '', { flag: 'wx', mode: IMAGE_MODE });
  try {
    await chmod(path, IMAGE_MODE);
    await truncate(path, size);
    await makeFileSystem({ type, path, options: COMPLETE[type], signal });
    if (type === 'ext4') await removeLostAndFound(path, signal);
    await digHoles(path, signal);
  } catch (error) {
    await rm(path, { force: true });
    throw fromSystemError(error, `cannot make an image of ${size} bytes`);
  }
}

/** A new container has an empty root. It is made again by e2fsck(8) should it ever be needed. */
async function removeLostAndFound(path: string, signal: AbortSignal | undefined): Promise<void> {
  const debugfs = findProgram('debugfs');
  if (debugfs === undefined) throw new FailedPreconditionError('debugfs, of e2fsprogs, is not installed');
  await runProgram(debugfs, ['-w', '-R', 'rmdir lost+found', path], { signal });
}

/** Gives back blocks of zeros that mkfs wrote, where util-linux is installed: what is free in an image takes no room. */
async function digHoles(path: string, signal: AbortSignal | undefined): Promise<void> {
  const fallocate = findProgram('fallocate');
  if (fallocate !== undefined) await runProgram(fallocate, ['--dig-holes', path], { signal });
}

/** The empty image that others are copies of, made on first need. */
export class Scratch {
  readonly #options: ResolvedBlockfileOptions;
  #ready: Promise<string> | undefined;
  #isFresh: boolean;

  constructor(options: ResolvedBlockfileOptions) {
    this.#options = options;
    this.#isFresh = !options.recreateScratch;
  }

  /** Its path, when it exists and is complete. Callers at the same time wait for the same creation. */
  async get(): Promise<string> {
    this.#ready ??= this.#provide().catch((error: unknown) => {
      // The next one tries again.
      this.#ready = undefined;
      throw error;
    });
    const ready = this.#ready;
    const path = await ready;
    if (existsSync(path)) return path;
    // A repair took one away that was damaged.
    if (this.#ready === ready) this.#ready = undefined;
    return this.get();
  }

  async #provide(): Promise<string> {
    const path = scratchPath(this.#options.root);
    if (this.#isFresh && existsSync(path)) return path;
    const unfinished = unfinishedScratch(this.#options.root);
    await rm(unfinished, { force: true });
    await this.#make(unfinished);
    this.#options.faults.reach('blockfile.scratch');
    // A scratch that is there is whole, whatever happens here.
    if (this.#options.durability === 'full') await syncFile(unfinished);
    await rename(unfinished, path);
    this.#isFresh = true;
    return path;
  }

  async #make(to: string): Promise<void> {
    const { scratchFile, fsType, defaultSize } = this.#options;
    if (scratchFile === '') await makeImage(to, { type: fsType, size: defaultSize });
    else await copyFile({ from: scratchFile, to, mode: IMAGE_MODE });
  }

  /** Whether images of any size can be made without it. */
  get hasGenerator(): boolean {
    return this.#options.scratchFile === '' && findMkfs(this.#options.fsType) !== undefined;
  }
}
