import { realpathSync } from 'node:fs';
import {
  blockfileChecker,
  btrfsChecker,
  devmapperChecker,
  erofsChecker,
  nativeChecker,
  overlayChecker,
} from '../../drivers/index.js';
import { hasLoopDevices } from '../../linux/index.js';
import type { DriverChecker } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { snapshotterRoot } from './places.js';

type Plugins = Config['plugins'];

interface Parts {
  readonly root: string;
  readonly plugins: Plugins;
  readonly store: Store;
}

const checkers: Readonly<Record<string, (parts: Parts) => DriverChecker>> = {
  overlayfs: ({ root }) => overlayChecker(root, { open: false }),
  native: ({ root }) => nativeChecker(root),
  btrfs: ({ root }) => btrfsChecker(root),
  erofs: ({ root }) => erofsChecker({ root, loop: hasLoopDevices() }),
  blockfile: ({ root, plugins: { 'io.containerd.snapshotter.v1.blockfile': options } }) => {
    return blockfileChecker({ root, fsType: options.fsType, open: false });
  },
  devmapper: ({ root, store, plugins: { 'io.containerd.snapshotter.v1.devmapper': options } }) => {
    return devmapperChecker({ root, store, poolName: options.poolName });
  },
};

/** The names of all snapshotters that are known. */
export const snapshotters: readonly string[] = Object.keys(checkers);

/** Looks at the files of a snapshotter that is not open; undefined for one that is not known. */
export function checkerOf(
  config: Pick<Config, 'root' | 'plugins'>,
  store: Store,
  name: string,
): DriverChecker | undefined {
  const root = realPathOf(snapshotterRoot(config, name));
  return Object.hasOwn(checkers, name) ? checkers[name]?.({ root, plugins: config.plugins, store }) : undefined;
}

/** Loop devices and mounts know paths without symbolic links. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
