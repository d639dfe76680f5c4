import { readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { temporaryMountPrefix, unmountBelow } from '../../linux/index.js';
import type { Snapshotter } from '../../snapshots/index.js';
import { type Store, statement } from '../../store/index.js';
import { unpackingLabel } from './place.js';

/** A snapshot that an import was writing to. */
interface Unfinished {
  readonly snapshotter: string;
  readonly namespace: string;
  readonly key: string;
}

const unfinished = statement<Unfinished>(`
  SELECT s.snapshotter, s.namespace, s.key FROM snapshot_labels l JOIN snapshots s ON s.id = l.snapshot
  WHERE l.key = '${unpackingLabel}' AND s.kind = 'active'`);

/**
 * Takes away what the imports of an earlier process left: mounts, files of sources that were decoded, and snapshots that they
 * were writing to. To be called before the first import.
 */
export async function removeLeftovers(
  { mounts, scratch }: { readonly mounts: string; readonly scratch: string },
  { store, snapshotters }: { readonly store: Store; readonly snapshotters: ReadonlyMap<string, Snapshotter> },
): Promise<void> {
  await unmountBelow(mounts);
  for (const name of await readdir(mounts)) {
    if (name.startsWith(temporaryMountPrefix)) await rmdir(path.join(mounts, name));
  }
  for (const name of await readdir(scratch)) await rm(path.join(scratch, name));
  for (const { snapshotter, namespace, key } of store.read((tx) => tx.all(unfinished))) {
    await snapshotters.get(snapshotter)?.remove(key, { namespace });
  }
}
