/**
 * Overlays that write into one upper directory. The kernel lets several be mounted, but each empties the work directory
 * that the one before it uses, which then fails with ENOENT and EPERM, and none of them sees what the others write.
 */
import { existsSync, fstatSync, realpathSync, statSync } from 'node:fs';
import { FailedPreconditionError } from '../../errors/index.js';
import { LETTING_GO, pause } from '../calls/pause.js';
import { mountNamespaceOf, runningProcesses } from '../calls/processes.js';
import { MS } from '../calls/sys.js';
import { hasErrno } from '../calls/system-error.js';
import { mountUnattached } from './mount-by-parameters.js';
import { mountTable, type PlacedMount } from './mount-table.js';
import { MountTree } from './mount-tree.js';
import type { PreparedMount } from './perform-mount.js';

/** Where an overlay writes; paths as the options have them. */
export interface OverlayPlace {
  readonly upper: string;
  readonly work: string;
}

/** Where a new overlay is to write; undefined for one that is read-only, and for what is no new overlay. */
export function overlayPlaceOf({ spec, flags, data }: PreparedMount): OverlayPlace | undefined {
  if (spec.type !== 'overlay' || (flags & (MS.BIND | MS.REMOUNT)) !== 0) return undefined;
  const given = (key: string) => data.findLast((option) => option.startsWith(`${key}=`))?.slice(key.length + 1);
  const [upper, work] = [given('upperdir'), given('workdir')];
  return upper === undefined || work === undefined ? undefined : { upper, work };
}

/** The directory that an option names, in which a backslash takes the next character as it is. */
export function directoryOf(option: string): string {
  return option.replace(/\\(.)/gs, '$1');
}

/**
 * Shows an overlay that writes into a directory already once more, as a bind mount of its own. To be called with the upper directory
 * locked, since others may mount it at this moment.
 * @returns whether there is one; if not, mounting it breaks nothing.
 * @throws FailedPreconditionError that names the mount, and the process that has it, where it cannot be shown: in another
 * mount namespace, in part, below something else, detached, or before Linux 5.12. Then it was asked for a quarter of a second.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted meanwhile.
 */
export async function showMounted(
  place: OverlayPlace,
  target: string,
  { flags, signal }: { readonly flags: number; readonly signal: AbortSignal | undefined },
): Promise<boolean> {
  const upper = directoryOf(place.upper);
  for (let tries = 1; ; tries += 1) {
    const mounted = overlaysOver(upper);
    if (mounted.some((entry) => bindAgain(entry, target, flags))) return true;
    if (mounted.length === 0 && !isInUse(place)) return false;
    if (tries >= LETTING_GO.tries) throw new FailedPreconditionError(`${upper} ${whereInUse(mounted, upper)}`);
    await pause(LETTING_GO.pauseMs, signal);
  }
}

const upperOf = ({ type, options }: PlacedMount): string | undefined => {
  if (type !== 'overlay') return undefined;
  return options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
};

function isSameDirectory(one: string, other: string): boolean {
  if (one === other) return true;
  if (!other.startsWith('/')) return false;
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** The overlays of this mount namespace that write into a directory. */
function overlaysOver(upper: string): PlacedMount[] {
  return mountTable().filter((entry) => {
    const other = upperOf(entry);
    return other !== undefined && isSameDirectory(upper, other);
  });
}

/** The number of a file system as the table of mounts writes it. */
function deviceOf(fd: number): string {
  const { dev } = fstatSync(fd, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}

/** Binds the whole of what is mounted; false where that is not to be had, since it shows a part or is below another mount. */
function bindAgain({ root, point, device }: PlacedMount, target: string, flags: number): boolean {
  if (root !== '/') return false;
  try {
    using tree = MountTree.copy(point);
    if (deviceOf(tree.fd) !== device) return false;
    // What is mounted inside the one is no part of the other.
    tree.makePrivate(flags);
    tree.attach(target);
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EINVAL', 'ENOSYS', 'EPERM', 'EACCES') && existsSync(target)) return false;
    throw error;
  }
}

/** A directory on another mount than any upper directory. */
const ELSEWHERE = '/proc';

/**
 * Whether the kernel has an overlay over an upper directory, wherever it is mounted. Asks for a mount that cannot come to
 * be, since its work directory is elsewhere; of that and of an upper directory in use, which `index=on` forbids, the latter is
 * refused first. Both leave a line in the kernel's log, so it is not asked before the first mount.
 */
export function isInUse({ upper, work }: OverlayPlace): boolean {
  if (!existsSync(`${directoryOf(work)}/work`)) return false;
  const values = { lowerdir: ELSEWHERE, upperdir: upper, workdir: ELSEWHERE, index: 'on' };
  const parameters = Object.entries(values).map(([key, value]) => ({ key, value }));
  try {
    mountUnattached({ type: 'overlay', source: 'overlay', flags: 0, parameters })[Symbol.dispose]();
    return false;
  } catch (error) {
    return hasErrno(error, 'EBUSY');
  }
}

/** Where an overlay is that writes into a directory, in words; undefined when there is none, in whatever mount namespace. */
export function whereOverlayIs(place: OverlayPlace): string | undefined {
  const upper = directoryOf(place.upper);
  const [here] = overlaysOver(upper);
  if (here !== undefined) return `is mounted at ${here.point}`;
  if (!isInUse(place)) return undefined;
  const there = findElsewhere(upper);
  if (there === undefined) return 'is in use by an overlay that is detached or not to be seen from here';
  return `is mounted at ${there.point} in the mount namespace of process ${there.pid} (${there.command})`;
}

function whereInUse([here]: readonly PlacedMount[], upper: string): string {
  const breaks = 'a second overlay over it would break the first';
  if (here !== undefined) return `is mounted at ${here.point}, and ${breaks}; look there`;
  const there = findElsewhere(upper);
  if (there === undefined) return `is in use by an overlay that is detached or not to be seen from here, and ${breaks}`;
  const { pid, command, point } = there;
  const inside = `/proc/${pid}/root${point === '/' ? '' : point}`;
  return `is mounted in the mount namespace of process ${pid} (${command}), and ${breaks}; look at ${inside}`;
}

/** An overlay over a directory in another mount namespace, found by its path. */
function findElsewhere(upper: string): MountElsewhere | undefined {
  const paths = [upper, realpathSync(upper)];
  return findInOtherNamespaces((entry) => paths.includes(upperOf(entry) ?? ''));
}

/** A mount, and a process that has it. */
export interface MountElsewhere {
  readonly pid: number;
  readonly command: string;
  readonly point: string;
}

/** The first mount like that in another mount namespace than this one's; undefined when there is none. */
export function findInOtherNamespaces(isWanted: (entry: PlacedMount) => boolean): MountElsewhere | undefined {
  const seen = new Set([mountNamespaceOf('self')]);
  for (const { pid, command } of runningProcesses()) {
    const namespace = mountNamespaceOf(pid);
    if (namespace === undefined || seen.has(namespace)) continue;
    seen.add(namespace);
    const found = tableOf(pid).find(isWanted);
    if (found !== undefined) return { pid, command, point: found.point };
  }
  return undefined;
}

function tableOf(pid: number): PlacedMount[] {
  try {
    return mountTable(pid);
  } catch {
    // It has ended.
    return [];
  }
}
