import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { loopDevicesOf } from '../devices/loop-users.js';
import type { MountSpec } from './mount-options.js';
import { findMount, mountTable, type PlacedMount } from './mount-table.js';
import { findInOtherNamespaces, whereOverlayIs } from './shared-overlay.js';

/**
 * Whether something is mounted that writes into the files behind these mounts, in any mount namespace that can be looked
 * at: in words, such as `is mounted at /mnt`; undefined when nothing is. It may be mounted a moment later.
 * Costs a look at the mounts of each mount namespace, some milliseconds on a machine with many processes.
 * @throws a system error when the files are gone.
 */
export function whereMounted([mount]: readonly MountSpec[]): string | undefined {
  if (mount === undefined) return undefined;
  const { type, source, options } = mount;
  const given = (key: string) => options.findLast((option) => option.startsWith(`${key}=`))?.slice(key.length + 1);
  const [upper, work] = [given('upperdir'), given('workdir')];
  if (type === 'overlay')
    return upper === undefined || work === undefined ? undefined : whereOverlayIs({ upper, work });
  if (options.includes('loop')) return whereAttached(source);
  const subvolume = given('subvol');
  if (subvolume !== undefined) return whereFound(subvolumeOf(source, subvolume));
  return whereFound(
    options.some((option) => option === 'bind' || option === 'rbind') ? partOf(source) : deviceOf(source),
  );
}

function whereAttached(file: string): string | undefined {
  const [device] = loopDevicesOf(file);
  return device === undefined ? undefined : `is in use by ${device.path}`;
}

type IsWanted = (entry: PlacedMount) => boolean;

/** Mounts that show a directory or a part of it, and not the whole file system that it lies in. */
function partOf(directory: string): IsWanted {
  const real = realpathSync(directory);
  const table = mountTable();
  const holder = findMount(table, real);
  const { device, root, point } = table.find((entry) => entry === holder) ?? { device: '', root: '/', point: '/' };
  const inside = path.join(root, path.relative(point, real));
  return (entry) => entry.device === device && isWithin(inside, entry.root);
}

/** Mounts of a subvolume of btrfs, which has a number of its own. */
function subvolumeOf(source: string, subvolume: string): IsWanted {
  return (entry) => entry.type === 'btrfs' && entry.source === source && isWithin(subvolume, entry.root);
}

function isWithin(directory: string, other: string): boolean {
  return other === directory || other.startsWith(`${directory}/`);
}

/** Mounts of a block device. */
function deviceOf(source: string): IsWanted {
  const { rdev } = statSync(source);
  const number = `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
  return ({ device }) => device === number;
}

function whereFound(isWanted: IsWanted): string | undefined {
  const here = mountTable().find(isWanted);
  if (here !== undefined) return `is mounted at ${here.point}`;
  const there = findInOtherNamespaces(isWanted);
  if (there === undefined) return undefined;
  return `is mounted at ${there.point} in the mount namespace of process ${there.pid} (${there.command})`;
}
