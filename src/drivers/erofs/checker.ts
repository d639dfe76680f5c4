import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { messageOf } from '../../errors/index.js';
import { type ImageQuestion, imageProblem, isMountPoint, temporaryMount, unmountAll } from '../../linux/index.js';
import type { CheckedFiles, CheckLevel, DriverChecker, FileProblem } from '../../snapshots/index.js';
import { contentAt, type LayerContent, layoutChecker, type Measured, type Wanted } from '../kit/checker/index.js';
import { inspectEmptyLower, repairEmptyLower } from '../kit/empty-lower.js';
import { type ErofsPlaces, MODES, placesBelow } from './files.js';
import { partOf } from './image.js';
import { imageMount, type LayerMounts } from './layer-mounts.js';

/** What a checker of erofs has to know. */
export interface ErofsCheckerOptions {
  readonly root: string;
  /** Whether images are mounted through loop devices. */
  readonly loop: boolean;
  /** The mounts of a driver that is open; absent when none is, and mounts say nothing. */
  readonly layers?: LayerMounts;
}

/** The unit of `st_blocks`. */
const STAT_BLOCK = 512;

/** Looks at the files below the root of an erofs driver. Mounts layers that are not, to read them; makes nothing. */
export function erofsChecker(options: ErofsCheckerOptions): DriverChecker {
  const places = placesBelow(options.root);
  const parts: Parts = { ...options, places };
  return layoutChecker({
    places: [places.snapshots],
    pathsOf: (id) => [places.snapshot(id)],
    layerPath: places.layerImage,
    wanted: (snapshot) => wantedOf(places, snapshot),
    measure: ({ id }) => measure(places.layerImage(id)),
    content: ({ id }, signal) => openLayer(parts, id, signal),
    inspectMore: async (snapshot, level) => inspectMore(parts, snapshot, level),
    repairMore: (snapshot, problem) => repairMore(parts, snapshot, problem),
    inspectPlace: async (level) => inspectEmptyLower(options.root, { level, open: options.layers !== undefined }),
    repairPlace: (problem) => repairEmptyLower(options.root, problem),
    letGo: (id) => letGo(parts, id),
  });
}

interface Parts extends ErofsCheckerOptions {
  readonly places: ErofsPlaces;
}

function wantedOf(places: ErofsPlaces, { id, kind, parentIds }: CheckedFiles): readonly Wanted[] {
  const isView = kind === 'view';
  const directory = (path: string, missing: Wanted['missing'], mode: number | undefined, remake?: number): Wanted => {
    return { path, type: 'directory', missing, mode, remake };
  };
  const file = (path: string, mode: number): Wanted => {
    return { path, type: 'file', missing: 'missing-image', mode, remake: undefined };
  };
  const remake = isView ? MODES.snapshot : undefined;
  const snapshot = directory(places.snapshot(id), 'missing-directory', MODES.snapshot, remake);
  const files = directory(places.files(id), 'missing-files-directory', undefined, isView ? MODES.files : undefined);
  if (kind === 'committed') return [snapshot, file(places.layerImage(id), MODES.image)];
  if (isView) return parentIds.length === 0 ? [snapshot, files] : [snapshot];
  // In block mode the directories are in an image; where neither is there, the mode that it had cannot be told.
  if (existsSync(places.blockImage(id))) return [snapshot, file(places.blockImage(id), MODES.block)];
  return [snapshot, files, directory(places.work(id), 'missing-work-directory', MODES.work, MODES.work)];
}

async function measure(image: string): Promise<Measured> {
  return { size: (await stat(image)).blocks * STAT_BLOCK, inodes: 1 };
}

/** Opens a layer to be read: where it is mounted already, or at a place of its own. @throws as `mountAll`. */
export async function openLayer(
  { places, loop }: Pick<Parts, 'places' | 'loop'>,
  id: string,
  signal: AbortSignal | undefined,
): Promise<LayerContent> {
  const fileList = places.fileList(id);
  if (isMountPoint(places.layerPoint(id))) return contentAt(places.layerPoint(id), fileList);
  const mounted = await temporaryMount([imageMount(places.layerImage(id), { loop })], { signal });
  return { tree: mounted.path, fileList, [Symbol.asyncDispose]: () => mounted[Symbol.asyncDispose]() };
}

function inspectMore(parts: Parts, snapshot: CheckedFiles, level: CheckLevel): FileProblem[] {
  const images = level === 'quick' ? [] : inspectImages(parts, snapshot);
  return [...images, ...findPart(parts, snapshot), ...inspectMounts(parts, snapshot)];
}

function inspectImages({ places }: Parts, { id, kind }: CheckedFiles): FileProblem[] {
  if (kind === 'committed') return damageOf(places.layerImage(id), { type: 'erofs' });
  return existsSync(places.blockImage(id)) ? damageOf(places.blockImage(id), { type: 'ext4', inUse: true }) : [];
}

function damageOf(path: string, question: ImageQuestion): FileProblem[] {
  try {
    const message = imageProblem(path, question);
    return message === undefined ? [] : [{ kind: 'damaged-image', path, message, repairable: false }];
  } catch (error) {
    return [{ kind: 'unreadable-file', path, message: messageOf(error), repairable: false }];
  }
}

/** A driver that is open may be making an image of an active snapshot right now. */
function findPart({ places, layers }: Parts, { id, kind }: CheckedFiles): FileProblem[] {
  const path = partOf(places.layerImage(id));
  const isFinal = layers === undefined || kind === 'committed';
  if (!isFinal || !existsSync(path)) return [];
  return [{ kind: 'leftover', path, message: 'an image that was not finished', repairable: true }];
}

function inspectMounts({ layers }: Parts, { id, kind }: CheckedFiles): FileProblem[] {
  if (layers === undefined) return [];
  if (kind === 'committed') {
    const message = 'the layer is mounted, and no snapshot is based on it';
    return layers.isStray(id) ? [{ kind: 'stray-mount', path: layers.pointOf(id), message, repairable: true }] : [];
  }
  const message = 'the snapshot is based on this layer, which is not mounted';
  return layers.missingOf(id).map((path) => ({ kind: 'missing-mount', path, message, repairable: true }));
}

async function repairMore(parts: Parts, snapshot: CheckedFiles, { kind, path }: FileProblem): Promise<boolean> {
  const isStill = inspectMounts(parts, snapshot).some((now) => now.kind === kind && now.path === path);
  if (!isStill) return false;
  if (kind === 'stray-mount') await parts.layers?.tidy(snapshot.id);
  else await parts.layers?.repair(snapshot.id);
  return true;
}

async function letGo({ places, layers }: Parts, id: string): Promise<void> {
  await layers?.release(id);
  for (const point of [places.layerPoint(id), places.blockPoint(id)]) await unmountAll(point, { detach: true });
}
