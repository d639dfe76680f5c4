import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { NotImplementedError, withContext } from '../../errors/index.js';
import { enableVerity, setImmutable, temporaryMount } from '../../linux/index.js';
import { removeTrial } from '../kit/directories.js';
import { MODES } from './files.js';
import { makeImage } from './image.js';
import { imageMount } from './layer-mounts.js';
import { mergeImages } from './merge-images.js';

/** How images are mounted here. */
export interface ImageMounting {
  /** Through loop devices, since this kernel does not take the file itself (before Linux 6.12, or as it is configured). */
  readonly loop: boolean;
}

/** Works in a directory that is gone afterwards. */
async function inTrial<T>(root: string, work: (directory: string) => Promise<T>): Promise<T> {
  const directory = `${root}/trial`;
  await removeTrial(directory);
  await mkdir(directory, { mode: MODES.root, recursive: true });
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
 * Makes an image and mounts it, which takes 30 ms: whatever keeps that from working would keep each snapshot from it.
 * @throws NotImplementedError where mkfs.erofs or erofs is missing; PermissionDeniedError when this process may not mount.
 */
export function triesImage(root: string): Promise<ImageMounting> {
  return inTrial(root, async (directory) => {
    const [source, target] = [`${directory}/files`, `${directory}/layer.erofs`];
    await mkdir(source);
    await makeImage({ source, target, mergeable: false, durable: false, verity: false });
    try {
      await tryMount(target, directory, false);
      return { loop: false };
    } catch {
      // Kernels before 6.12 want a device; when it is something else that is missing, the next try says what.
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

/**
 * Merges two layers and mounts what comes of it, which takes 30 ms.
 * @throws NotImplementedError where this kernel does not mount image files with others as their devices.
 */
export function triesMerging(root: string): Promise<void> {
  return inTrial(root, async (directory) => {
    try {
      const layers = [await makeTrialLayer(directory, 'lower'), await makeTrialLayer(directory, 'upper')];
      const merged = `${directory}/fsmeta.erofs`;
      await mergeImages({ layers, target: merged, durable: false, verity: false });
      await using mounted = await temporaryMount([imageMount(merged, { loop: false, devices: layers })], { directory });
      for (const name of ['lower', 'upper']) await readFile(`${mounted.path}/${name}`);
    } catch (cause) {
      throw new NotImplementedError(
        'chains of erofs layers cannot be merged here, and are mounted one by one: that needs Linux 6.12',
        { cause },
      );
    }
  });
}

async function makeTrialLayer(directory: string, name: string): Promise<string> {
  const [source, target] = [`${directory}/${name}`, `${directory}/${name}.erofs`];
  await mkdir(source);
  await writeFile(`${source}/${name}`, name);
  await makeImage({ source, target, mergeable: true, durable: false, verity: false });
  return target;
}

/** @throws NotImplementedError when the file system of a directory has no fs-verity. */
export function triesVerity(root: string): Promise<void> {
  return inTrial(root, async (directory) => {
    const file = `${directory}/file`;
    await writeFile(file, 'trial');
    refusedAs(`fsverity is not supported on the filesystem of ${root}`, () => enableVerity(file));
  });
}

/** @throws NotImplementedError when files in a directory cannot be made immutable. */
export function triesImmutable(root: string): Promise<void> {
  return inTrial(root, async (directory) => {
    const file = `${directory}/file`;
    await writeFile(file, '');
    refusedAs(`the immutable flag is not supported on the filesystem of ${root}`, () => {
      setImmutable(file, true);
      setImmutable(file, false);
    });
  });
}

function refusedAs(text: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new NotImplementedError(text, { cause });
  }
}
