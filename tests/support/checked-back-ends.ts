import { existsSync, readFileSync } from 'node:fs';
import {
  type BlockfileOptions,
  openBlockfileDriver,
  openBtrfsDriver,
  openErofsDriver,
  openNativeDriver,
} from '../../src/drivers/index.js';
import { temporaryMount, unmountAll } from '../../src/linux/index.js';
import type { CheckedBackEnd } from './checked-root.js';

interface Listed {
  readonly fileList?: boolean;
}

const mounted: CheckedBackEnd['inTree'] = async ({ mounts }, work) => {
  await using mount = await temporaryMount(mounts);
  work(mount.path);
};

/** Full copies. */
export function nativeBackEnd(options: Listed = {}): CheckedBackEnd {
  return {
    name: 'native',
    open: (root) => openNativeDriver({ root, ...options }),
    inTree: async ({ path }, work) => work(path),
    shown: '.',
  };
}

/** Subvolumes; its directory has to be on a btrfs. */
export function btrfsBackEnd(options: Listed = {}): CheckedBackEnd {
  return { name: 'btrfs', open: (root) => openBtrfsDriver({ root, ...options }), inTree: mounted, shown: '.' };
}

/** Images that are copied. */
export function blockfileBackEnd(options: Omit<BlockfileOptions, 'root'> = {}): CheckedBackEnd {
  const defaultSize = (options.fsType === 'xfs' ? 320 : 16) * 2 ** 20;
  return {
    name: 'blockfile',
    open: (root) => openBlockfileDriver({ root, defaultSize, ...options }),
    inTree: mounted,
    shown: '.',
  };
}

/** Layers as read-only images. */
export function erofsBackEnd(options: Listed & { readonly defaultSize?: number } = {}): CheckedBackEnd {
  return { name: 'erofs', open: (root) => openErofsDriver({ root, ...options }), inTree: mounted, shown: 'snapshots' };
}

/** Unmounts everything below a directory. */
export async function unmountBelow(directory: string): Promise<void> {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  const points = lines.map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${directory}/`));
  for (const point of points.reverse()) if (existsSync(point)) await unmountAll(point, { detach: true });
}
