/** The code of the worker thread that merges layers: it writes the image into an open file, says how it went, and ends. */
import { statSync, writeSync } from 'node:fs';
import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { BLOCK } from './format.js';
import { ImageReader } from './image-reader.js';
import { mergedImage } from './merged-writer.js';
import { mergeLayers } from './overlay-merge.js';

/** What the thread is started with. */
export interface MergeInput {
  /** The images, the lowest first. */
  readonly layers: readonly string[];
  /** The open file. */
  readonly fd: number;
}

/** What it answers: the error of a system call as such, all others by their messages. */
export interface MergeFailure {
  readonly message: string;
  readonly code: string | undefined;
}

/** Below what callers wait for; see nice(7). */
const NICENESS = 10;

function merge({ layers, fd }: MergeInput): void {
  const readers: ImageReader[] = [];
  try {
    for (const layer of layers) readers.push(new ImageReader(layer));
    const devices = readers.map(({ uuid }, index) => {
      return { uuid, blocks: Math.ceil(statSync(layers[index] ?? '').size / BLOCK) };
    });
    const image = mergedImage(mergeLayers(readers), devices);
    for (let written = 0; written < image.length; ) written += writeSync(fd, image, written, undefined, written);
  } finally {
    for (const reader of readers) reader[Symbol.dispose]();
  }
}

// Linux takes 0 for the calling thread (setpriority(2)).
os.setPriority(0, Math.min(os.getPriority(0) + NICENESS, os.constants.priority.PRIORITY_LOW));
try {
  merge(workerData as MergeInput);
  parentPort?.postMessage(undefined);
} catch (error) {
  const { message, code } = error as NodeJS.ErrnoException;
  const failure: MergeFailure = { message, code };
  parentPort?.postMessage(failure);
}
