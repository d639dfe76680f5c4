import { randomUUID } from 'node:crypto';
import { labelsOf, type Mount, parentChainLabel } from '../../snapshots/index.js';
import type { ApplyOptions } from '../unpack/layer-applier.js';
import { callOf, commitOrLeave } from './new-layer.js';
import { type ImportPlace, unpackingLabel } from './place.js';

/** Unpacks into a directory. @returns whether that is complete without the layers below. */
export type FillAlone = (target: ApplyOptions) => Promise<boolean>;

/**
 * Prepares a layer without those below it, which need not be there, where layers are upper directories of overlays.
 * @param parent The name that the layer below has, or will have.
 * @returns the key of an active snapshot, for {@link commitStaged}; undefined where this back end, or this layer, cannot do
 * without what is below. @throws what `fill` and the snapshotter throw; then nothing is left.
 */
export async function stageLayer(place: ImportPlace, parent: string, fill: FillAlone): Promise<string | undefined> {
  const { snapshotter, faults } = place;
  const key = `import-${randomUUID()}`;
  const labels = labelsOf({ [unpackingLabel]: '1', [parentChainLabel]: parent });
  const mounts = await snapshotter.prepare({ key, labels }, callOf(place));
  try {
    const target = upperOf(mounts);
    if (target !== undefined && (await fill(target))) {
      faults.reach('images.unpacked');
      return key;
    }
  } catch (error) {
    await dropStaged(place, key);
    throw error;
  }
  await dropStaged(place, key);
  return undefined;
}

/** Commits a staged layer upon the one below, which is there by now. */
export async function commitStaged(
  place: ImportPlace,
  key: string,
  { name, parent }: { readonly name: string; readonly parent: string },
): Promise<void> {
  await commitOrLeave(place, { key, name, parent });
  place.faults.reach('images.committed');
}

/** Removes a staged layer, also when the call was aborted. */
export async function dropStaged(place: ImportPlace, key: string): Promise<void> {
  await place.snapshotter.remove(key, { ...callOf(place), signal: undefined });
}

const UPPER = 'upperdir=';

/** The upper directory of an overlay. */
function upperOf(mounts: readonly Mount[]): ApplyOptions | undefined {
  const [mount, ...others] = mounts;
  if (mount?.type !== 'overlay' || others.length > 0) return undefined;
  const root = mount.options.find((option) => option.startsWith(UPPER))?.slice(UPPER.length);
  if (root === undefined) return undefined;
  return mount.options.includes('userxattr')
    ? { root, droppedAttributes: ['trusted.', 'user.overlay.'], opaqueAttribute: 'user.overlay.opaque' }
    : { root, droppedAttributes: ['trusted.'], opaqueAttribute: 'trusted.overlay.opaque' };
}
