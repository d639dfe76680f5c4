import { mkdir, writeFile } from 'node:fs/promises';
import { makeDirectories } from '../../base/index.js';
import { FailedPreconditionError, NotImplementedError, withContext } from '../../errors/index.js';
import { enableVerity, hasErrno, setImmutable, temporaryMount } from '../../linux/index.js';
import { removeTrial } from '../kit/directories.js';
import { MODES } from './files.js';
import { makeImage } from './image.js';
import { imageMount } from './layer-mounts.js';

/** How images are mounted here. */
export interface ImageMounting {
  /** Through loop devices, since this kernel does not take the file itself (before Linux 6.12, or as it is configured). */
  readonly loop: boolean;
}

/** Works in a directory that is gone afterwards. */
async function inTrial<T>(root: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = `${root}/trial`;
  await removeTrial(directory);
  await makeDirectories(directory, MODES.root);
  try {
    return await work(directory);
  } finally {
    await removeTrial(directory);
  }
}

async function tryMount(image: string, directory: string, loop: boolean): Promise<void> {
  await using _mounted = await temporaryMount([imageMount(image, { loop })], { directory });
}

/**
 * Makes an image and mounts it, which takes 30 ms: what makes that fail would make each snapshot fail.
 * @throws NotImplementedError where mkfs.erofs or erofs is missing; PermissionDeniedError when this process may not mount.
 */
export function triesImage(root: string): Promise<ImageMounting> {
  return inTrial(root, async (directory) => {
    const [source, target] = [`${directory}/files`, `${directory}/layer.erofs`];
    await mkdir(source);
    await makeImage({ source, target, durable: false, verity: false });
    try {
      await tryMount(target, directory, false);
      return { loop: false };
    } catch {
      // Kernels before 6.12 need a loop device; if something else is missing, the next attempt says what.
      await tryMountByLoop(target, directory);
      return { loop: true };
    }
  });
}

async function tryMountByLoop(image: string, directory: string): Promise<void> {
  try {
    await tryMount(image, directory, true);
  } catch (error) {
    if (error instanceof Error && /no such device/i.test(error.message)) {
      throw new NotImplementedError('this kernel has no erofs', { cause: error });
    }
    throw withContext(error, 'cannot mount erofs');
  }
}

/** @throws NotImplementedError when the file system of a directory has no fs-verity. */
export function triesVerity(root: string): Promise<void> {
  return inTrial(root, async (directory) => {
    const file = `${directory}/file`;
    await writeFile(file, 'trial');
    refusedAs(`fsverity is not supported on the filesystem of ${root}`, () => enableVerity(file));
  });
}

/**
 * @throws NotImplementedError when files in a directory cannot be made immutable; FailedPreconditionError when this process may not do
 * that.
 */
export function triesImmutable(root: string): Promise<void> {
  return inTrial(root, async (directory) => {
    const file = `${directory}/file`;
    await writeFile(file, '');
    try {
      setImmutable(file, true);
      setImmutable(file, false);
    } catch (cause) {
      if (hasErrno(cause, 'EPERM')) {
        throw new FailedPreconditionError('making files immutable takes CAP_LINUX_IMMUTABLE', { cause });
      }
      throw new NotImplementedError(`the immutable flag is not supported on the filesystem of ${root}`, { cause });
    }
  });
}

function refusedAs(text: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new NotImplementedError(text, { cause });
  }
}
