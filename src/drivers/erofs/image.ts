import { spawn } from 'node:child_process';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import {
  abortError,
  fromSystemError,
  NotImplementedError,
  ResourceExhaustedError,
  throwIfAborted,
  UnknownError,
} from '../../errors/index.js';
import { enableVerity, findProgram } from '../../linux/index.js';
import { MODES } from './files.js';
import { Slots } from './slots.js';

/** Which image to make of which files. */
export interface ImageRequest {
  /** The directory. Only its files on its own file system; nothing mounted below. */
  readonly source: string;
  /** The image; one that is there is replaced when the new one is complete. */
  readonly target: string;
  /** Whether image and name are on disk when it is made. */
  readonly durable: boolean;
  /** Whether the kernel is to check the image's blocks whenever they are read. */
  readonly verity: boolean;
  /** Told before and after the image gets its name. Default: nobody is. */
  readonly faults?: FaultPoints;
  readonly signal?: AbortSignal | undefined;
}

/** The descriptor that the program finds its image at. */
const IMAGE_FD = 3;

const PROGRAM = 'mkfs.erofs';

/** Packing keeps a processor busy; the daemon needs one as well. */
const slots = new Slots(Math.max(2, availableParallelism() - 1));

/** The program that makes images. @throws NotImplementedError when it is not installed. */
export function imageProgram(): string {
  const program = findProgram(PROGRAM);
  if (program === undefined) throw new NotImplementedError(`${PROGRAM} is not installed`);
  return program;
}

/** Where an image lies until it is complete; a daemon that is killed leaves it there. */
export function partOf(image: string): string {
  return `${image}.part`;
}

/**
 * Makes an erofs image of a directory, in a child process: 5 ms for an empty one, 2 to 4 ms for each MiB. Whiteouts and
 * opaque marks of overlay go into it unchanged, so that it is a layer like the directory. When it fails, or the daemon is
 * killed, nothing new has the name of the image.
 * @throws NotImplementedError where mkfs.erofs is missing; UnknownError with what it said when it failed.
 * @throws ResourceExhaustedError when the disk is full.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; the child is gone by then.
 */
export async function makeImage(request: ImageRequest): Promise<void> {
  const program = imageProgram();
  await using _slot = await slots.take(request.signal);
  // The child gets the image as an open file, so that a child which outlives a killed daemon cannot create the name again
  // after the next daemon has cleaned up.
  await placeImage(request, (image) => runPacker({ ...request, program, image }));
}

/**
 * Has an image written beside its place, and puts it there when it is complete.
 * @throws what writing throws; ResourceExhaustedError when the disk is full, and other system errors.
 */
async function placeImage(request: ImageRequest, write: (image: FileHandle) => Promise<void>): Promise<void> {
  const { target, durable, verity, faults = noFaults } = request;
  const part = partOf(target);
  try {
    await writePart(part, { durable, write });
    if (verity) enableVerity(part);
    faults.reach('erofs.packed');
    await rename(part, target);
    faults.reach('erofs.named');
    if (durable) await syncNames(target);
  } catch (error) {
    await rm(part, { force: true });
    throw fromSystemError(error);
  }
}

interface Part {
  readonly durable: boolean;
  readonly write: (image: FileHandle) => Promise<void>;
}

async function writePart(part: string, { durable, write }: Part): Promise<void> {
  await rm(part, { force: true });
  const image = await open(part, 'wx+', MODES.image);
  try {
    await image.chmod(MODES.image);
    await write(image);
    if (durable) await image.sync();
  } finally {
    await image.close();
  }
}

interface PackerRun extends ImageRequest {
  readonly program: string;
  readonly image: FileHandle;
}

function runPacker({ program, source, image, signal }: PackerRun): Promise<void> {
  throwIfAborted(signal);
  const args = ['--quiet', '--preserve-mtime', `/proc/self/fd/${IMAGE_FD}`, source];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', image.fd] });
    const kill = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', kill);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4096);
    });
    child.once('error', (cause) => {
      signal?.removeEventListener('abort', kill);
      reject(new UnknownError(`cannot run ${program}`, { cause }));
    });
    child.once('close', (status, ended) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted === true) reject(abortError(signal));
      else if (status === 0) resolve();
      else reject(failure(`${basename(program)} failed: ${said.trim() || ended || `status ${status}`}`));
    });
  });
}

/** The program has no other way to say that the disk is full. */
function failure(text: string): Error {
  return /no space left|disk quota/i.test(text) ? new ResourceExhaustedError(text) : new UnknownError(text);
}

/** Puts the names that lead to an image on disk: its own, and that of the snapshot's directory. */
async function syncNames(image: string): Promise<void> {
  for (const path of [dirname(image), dirname(dirname(image))]) {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}
