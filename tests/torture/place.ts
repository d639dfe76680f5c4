import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loopFileSystem } from '../support/loop-file-system.js';
import { unmountBelow } from '../support/mounts.js';
import type { TorturedBackEnd } from './back-ends/index.js';

const GIB = 2 ** 30;

/** Where a daemon is tortured. */
export interface Place {
  /** An empty directory with a short path, on the file system that the back end has to lie on. */
  readonly directory: string;
  /** Takes everything away, and what is still mounted below. */
  remove(): Promise<void>;
}

/** Makes a place for a back end: a file system in a file, or a folder. */
export async function placeFor({ fileSystem }: Pick<TorturedBackEnd, 'fileSystem'>): Promise<Place> {
  if (fileSystem === undefined) return folder();
  const disk = await loopFileSystem({ type: fileSystem, size: GIB });
  const remove = async (): Promise<void> => {
    await unmountBelow(disk.path);
    await disk[Symbol.asyncDispose]();
  };
  return { directory: disk.path, remove };
}

async function folder(): Promise<Place> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-torture-'));
  const remove = async (): Promise<void> => {
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  };
  return { directory, remove };
}
