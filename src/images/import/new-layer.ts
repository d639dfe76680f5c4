import { randomUUID } from 'node:crypto';
import { AlreadyExistsError } from '../../errors/index.js';
import { temporaryMount } from '../../linux/index.js';
import { type CallContext, type CommitRequest, labelsOf, type Mount } from '../../snapshots/index.js';
import type { ApplyOptions } from '../unpack/layer-applier.js';
import { type ImportPlace, importedLabel, unpackingLabel } from './place.js';

/** A layer to make. */
export interface NewLayer {
  /** The name of the layer below; undefined for none. */
  readonly parent: string | undefined;
  /** Fills the directory that shows the layer below. @returns the name of the new one. */
  fill(target: ApplyOptions): Promise<string>;
}

/** A namespace of attributes that overlay keeps for itself where it is mounted with `userxattr`. */
const USER_OVERLAY = 'user.overlay.';

/**
 * Makes a committed snapshot of what `fill` writes. One of the same name that is there by then is as good: layers are named by
 * their content.
 * @returns its name. @throws what `fill` and the snapshotter throw; then nothing is left.
 */
export async function makeLayer(place: ImportPlace, { parent, fill }: NewLayer): Promise<string> {
  const { snapshotter, faults } = place;
  const call = callOf(place);
  const key = `import-${randomUUID()}`;
  const labels = labelsOf({ [unpackingLabel]: '1' });
  const mounts = await snapshotter.prepare({ key, labels, ...(parent === undefined ? {} : { parent }) }, call);
  try {
    const name = await filled(place, mounts, fill);
    await commitOrLeave(place, { key, name });
    faults.reach('images.committed');
    return name;
  } catch (error) {
    // Without the signal of the call, which may be why this failed.
    await snapshotter.remove(key, { ...call, signal: undefined });
    throw error;
  }
}

/** Commits a layer, or removes it when the same one is there by now. */
export async function commitOrLeave(
  place: ImportPlace,
  request: Pick<CommitRequest, 'key' | 'name' | 'parent'>,
): Promise<void> {
  const { snapshotter } = place;
  const call = callOf(place);
  try {
    await snapshotter.commit({ ...request, labels: labelsOf({ [importedLabel]: '1' }) }, call);
  } catch (error) {
    if (!(error instanceof AlreadyExistsError)) throw error;
    await snapshotter.remove(request.key, call);
  }
}

/** What comes with each call. */
export function callOf({ namespace, lease, signal }: ImportPlace): CallContext {
  return { namespace, signal, ...(lease === undefined ? {} : { lease }) };
}

async function filled(place: ImportPlace, mounts: readonly Mount[], fill: NewLayer['fill']): Promise<string> {
  await using mount = await temporaryMount(mounts, { directory: place.mounts, signal: place.signal });
  place.faults.reach('images.mounted');
  const isForUsers = mounts.some(({ options }) => options.includes('userxattr'));
  const droppedAttributes = isForUsers ? ['trusted.', USER_OVERLAY] : ['trusted.'];
  const name = await fill({ root: mount.path, droppedAttributes });
  place.faults.reach('images.unpacked');
  return name;
}
