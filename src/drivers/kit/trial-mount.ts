import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  fromSystemError,
  InvalidArgumentError,
  NotImplementedError,
  PermissionDeniedError,
  ResourceExhaustedError,
} from '../../errors/index.js';
import { temporaryMount } from '../../linux/index.js';
import { ensureDirectory, removeTrial } from './directories.js';

/** Only the daemon looks into the directories of a trial. */
const MODE = 0o700;

/** What is mounted in a trial. */
interface Trial {
  /** Whether the mount is one to write to; so it is when absent. */
  readonly writable?: boolean;
  /** The directory of the trial below the root; gone afterwards. */
  readonly name: string;
  /** Options behind those that name the directories. */
  readonly options: readonly string[];
  /** Looks at the mount. */
  readonly accept: (path: string) => boolean;
}

const TRIAL_DIRECTORIES = ['lower1', 'lower2', 'upper', 'work', 'mnt'] as const;

/**
 * Mounts an overlay of new directories below a root, and looks at it. Nothing of the trial stays.
 * @throws what keeps it from being mounted.
 */
async function tryMount(root: string, { name, options: further, accept, writable = true }: Trial): Promise<boolean> {
  const trial = join(root, name);
  const [lower1, lower2, upper, work, mnt] = TRIAL_DIRECTORIES.map((each) => join(trial, each));
  const writing = writable ? [`upperdir=${upper}`, `workdir=${work}`] : [];
  const options = [`lowerdir=${lower2}:${lower1}`, ...writing, ...further];
  try {
    await removeTrial(trial);
    for (const each of TRIAL_DIRECTORIES) ensureDirectory(join(trial, each), MODE);
    ensureDirectory(join(trial, 'lower1', PROBE), MODE);
    const mounts = [{ type: 'overlay', source: 'overlay', target: '', options }];
    await using mounted = await temporaryMount(mounts, { directory: mnt ?? trial });
    return accept(mounted.path);
  } finally {
    await removeTrial(trial);
  }
}

/** A directory in a layer of the trial. */
const PROBE = 'probe';

/**
 * Whether this kernel mounts overlay with `userxattr`, found out by doing it (containerd:
 * plugins/snapshots/overlay/overlayutils/check.go, NeedsUserXAttr).
 */
export async function mountsWithUserXattr(root: string): Promise<boolean> {
  try {
    return await tryMount(root, { name: 'userxattr-check', options: ['ro', 'userxattr'], accept: () => true });
  } catch {
    // What makes the trial fail would make a snapshot's mount fail.
    return false;
  }
}

/**
 * Whether overlay can be mounted below a directory, found out by doing it.
 * @throws what keeps it from being mounted; see {@link cannotTry}.
 */
export async function tryOverlay(root: string): Promise<void> {
  await tryMount(root, { name: 'overlay-check', options: [], accept: () => true });
}

/** Whether a trial says nothing: this process lacks rights, or the addon for system calls, or the disk is full. */
export function cannotTry(error: unknown): boolean {
  const classes = [PermissionDeniedError, NotImplementedError, ResourceExhaustedError];
  return classes.some((Class) => error instanceof Class);
}

/** The overlay mounts that a driver gives out. */
export interface OverlayQuestion {
  /** Options that the configuration asks for. */
  readonly configured: readonly string[];
  /** Options that this machine needs. */
  readonly needed: readonly string[];
  /** Whether what is written lies on the file system of the root. */
  readonly writable: boolean;
}

/**
 * Makes sure that what a driver gives out can be mounted here, by mounting an overlay below its root: some milliseconds.
 * Another process may do the mounting, so where this one cannot try, nothing is decided.
 * @throws NotImplementedError with the reason when overlay cannot be mounted.
 * @throws InvalidArgumentError when it can, but for the options of the configuration.
 */
export async function requireOverlay(root: string, { configured, needed, writable }: OverlayQuestion): Promise<void> {
  const attempt = (options: readonly string[]) => obstacleToMount(root, { options, writable });
  const obstacle = await attempt([...configured, ...needed]);
  if (obstacle === undefined) return;
  const isOptions = configured.length > 0 && (await attempt(needed)) === undefined;
  if (!isOptions) throw new NotImplementedError(`overlay cannot be mounted below ${root}: ${obstacle}`);
  throw new InvalidArgumentError(`overlay cannot be mounted with the options ${configured.join(',')}: ${obstacle}`);
}

/** Why an overlay cannot be mounted; undefined when it can, or when that cannot be found out. */
async function obstacleToMount(root: string, trial: Pick<Trial, 'options' | 'writable'>): Promise<string | undefined> {
  try {
    await tryMount(root, { name: 'overlay-check', accept: () => true, ...trial });
    return undefined;
  } catch (error) {
    const reason = fromSystemError(error);
    return cannotTry(reason) ? undefined : reason.context;
  }
}

/** A host id that is nobody's, as far as the trial is concerned. */
const TRIAL_ID = 65_534;

/** Earlier results by the device of the root: they depend on the kernel and on that file system. */
const mapped = new Map<number, Promise<boolean | undefined>>();

/**
 * Whether this kernel mounts overlay over layers with mapped ids on the file system of a root, found out by doing it
 * (containerd: overlayutils/check.go, SupportsIDMappedMounts). Takes some 10 ms, once for each file system.
 * @returns undefined when this process may not mount, and so cannot find out.
 */
export function mountsWithMappedIds(root: string): Promise<boolean | undefined> {
  const { dev } = statSync(root);
  const known = mapped.get(dev) ?? tryMappedIds(root);
  mapped.set(dev, known);
  return known;
}

async function tryMappedIds(root: string): Promise<boolean | undefined> {
  const map = `0:${TRIAL_ID}:1`;
  try {
    return await tryMount(root, {
      name: 'idmapped-check',
      options: [`uidmap=${map}`, `gidmap=${map}`],
      accept: (path) => lstatSync(join(path, PROBE)).uid === TRIAL_ID,
    });
  } catch (error) {
    return cannotTry(error) ? undefined : false;
  }
}
