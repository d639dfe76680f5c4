import { existsSync, readdirSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../errors/index.js';
import { type ImageQuestion, imageProblem, isMountPoint, temporaryMount, unmountAll } from '../../linux/index.js';
import type { CheckedFiles, CheckLevel, DriverChecker, FileProblem } from '../../snapshots/index.js';
import { canShareBlocks, diskUsage } from '../../trees/index.js';
import { type LayerContent, layoutChecker, type Measured, type Wanted } from '../kit/checker/index.js';
import { fileListPath } from '../kit/file-lists.js';
import { imageOf, imagePath, mountsDirectory, snapshotsDirectory } from './mounts.js';
import type { BlockfileType } from './options.js';
import { IMAGE_MODE, scratchPath } from './scratch.js';

/** What a checker of blockfile has to know. */
export interface BlockfileCheckerOptions {
  readonly root: string;
  readonly fsType: BlockfileType;
  /** Whether a driver is open, which has mounts of its own for a moment. */
  readonly open: boolean;
}

/** Looks at the images below the root of a blockfile driver. Mounts layers, read-only, to read them; makes nothing. */
export function blockfileChecker({ root, fsType: type, open }: BlockfileCheckerOptions): DriverChecker {
  return layoutChecker({
    places: [snapshotsDirectory(root)],
    pathsOf: (id) => [imagePath(root, id), fileListPath(root, id)],
    layerPath: (id) => imagePath(root, id),
    wanted: (snapshot) => wantedOf(root, snapshot),
    measure: ({ id }, signal) => measure(imagePath(root, id), signal),
    content: ({ id }, signal) => openLayer({ root, type, id, signal }),
    inspectMore: async (snapshot, level) => inspectImage({ root, type, snapshot, level }),
    inspectPlace: async (level) => [...(open ? [] : findLeftovers(root)), ...inspectScratch({ root, type, level })],
    repairPlace: ({ path }) => unmountLeftover(path),
  });
}

function wantedOf(root: string, snapshot: CheckedFiles): readonly Wanted[] {
  // A view over a parent shows the parent's own image.
  if (imageOf(snapshot) !== snapshot.id) return [];
  const path = imagePath(root, snapshot.id);
  return [{ path, type: 'file', missing: 'missing-image', mode: IMAGE_MODE, remake: undefined }];
}

/** Blocks that copies of the layer share now were the layer's own when it was committed. */
async function measure(path: string, signal: AbortSignal | undefined): Promise<Measured> {
  const { size, inodes } = await diskUsage(path, { signal });
  return canShareBlocks(path) ? { inodes } : { size, inodes };
}

interface Layer {
  readonly root: string;
  readonly type: BlockfileType;
  readonly id: string;
  readonly signal?: AbortSignal | undefined;
}

/** A journal that is not replayed, since that would write to the layer. */
const UNTOUCHED: Readonly<Record<BlockfileType, readonly string[]>> = {
  ext4: ['noload'],
  xfs: ['norecovery', 'nouuid'],
};

/**
 * Mounts a layer to be read, without a change to it: as it lies on disk, or as it is when it is still mounted to be
 * written to. @throws as `mountAll`.
 */
export async function openLayer({ root, type, id, signal }: Layer): Promise<LayerContent> {
  const options = ['loop', 'ro', ...UNTOUCHED[type]];
  const mounted = await temporaryMount([{ type, source: imagePath(root, id), target: '', options }], { signal });
  return {
    tree: mounted.path,
    fileList: fileListPath(root, id),
    [Symbol.asyncDispose]: () => mounted[Symbol.asyncDispose](),
  };
}

interface InspectedImage {
  readonly root: string;
  readonly type: BlockfileType;
  readonly snapshot: CheckedFiles;
  readonly level: CheckLevel;
}

function inspectImage({ root, type, snapshot, level }: InspectedImage): FileProblem[] {
  if (level === 'quick' || imageOf(snapshot) !== snapshot.id) return [];
  const question = { type, inUse: snapshot.kind !== 'committed' };
  return damageOf(imagePath(root, snapshot.id), question, { kind: 'damaged-image', repairable: false });
}

function inspectScratch({ root, type, level }: Omit<InspectedImage, 'snapshot'>): FileProblem[] {
  const path = scratchPath(root);
  if (level === 'quick' || !existsSync(path)) return [];
  return damageOf(path, { type }, { kind: 'damaged-scratch', repairable: true });
}

function damageOf(
  path: string,
  question: ImageQuestion,
  problem: Pick<FileProblem, 'kind' | 'repairable'>,
): FileProblem[] {
  try {
    const message = imageProblem(path, question);
    return message === undefined ? [] : [{ ...problem, path, message }];
  } catch (error) {
    return [{ kind: 'unreadable-file', path, message: messageOf(error), repairable: false }];
  }
}

function findLeftovers(root: string): FileProblem[] {
  const directory = mountsDirectory(root);
  if (!existsSync(directory)) return [];
  const mounted = readdirSync(directory).map((name) => join(directory, name));
  const message = 'an image was mounted there to be resized';
  return mounted.filter(isMountPoint).map((path) => ({ kind: 'stray-mount', path, message, repairable: true }));
}

async function unmountLeftover(path: string): Promise<boolean> {
  if (!isMountPoint(path)) return false;
  await unmountAll(path, { detach: true });
  await rmdir(path);
  return true;
}
