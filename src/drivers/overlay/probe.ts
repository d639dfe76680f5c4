import { isAtLeast, type ProjectQuotaState, TMPFS_MAGIC } from '../../linux/index.js';
import { needsIndexOff } from '../kit/overlay-needs.js';
import type { ResolvedOverlayOptions } from './options.js';

/** What the driver decided about its machine and root, once. */
export interface OverlaySetup {
  /** What every overlay mount ends in: the configured options, then those that this machine needs. */
  readonly overlayOptions: readonly string[];
  /** Whether overlay can be mounted over layers with mapped ids here. */
  readonly remapIds: boolean;
  /** In containerd's words and order. */
  readonly capabilities: readonly string[];
  /** How many layers a chain can have before it is merged; 0 for any. */
  readonly flattenDepth: number;
  /** By what snapshots are limited. */
  readonly projectQuota: ProjectQuotaState;
}

/** The first kernels that can do this. */
const SINCE = {
  idMappedOverlay: { major: 5, minor: 19 },
  userXattr: { major: 5, minor: 11 },
} as const;

/**
 * Whether overlay must keep its attributes in the `user.` space: in a user namespace it may not write `trusted.` ones.
 * Kernels before 5.11 know the option only by patches of distributions, so there a mount is tried. tmpfs has had no user
 * attributes for long.
 */
async function needsUserXattr({ root, mountOptions, facts }: ResolvedOverlayOptions): Promise<boolean> {
  if (mountOptions.includes('userxattr') || !facts.inUserNamespace) return false;
  if (facts.fileSystemMagic(root) === TMPFS_MAGIC) return false;
  return isAtLeast(facts.kernel, SINCE.userXattr) || (await facts.mountsWithUserXattr(root));
}

/**
 * Where a mount cannot be tried, the version decides: another process may do the mounting. In a user namespace nobody may
 * map the ids of a file system that belongs to the one outside.
 */
async function canRemapIds({ root, facts }: ResolvedOverlayOptions): Promise<boolean> {
  const tried = await facts.mountsWithMappedIds(root);
  return tried ?? (!facts.inUserNamespace && isAtLeast(facts.kernel, SINCE.idMappedOverlay));
}

/** A layer needs up to 22 bytes of the one page that mount(2) takes: `snapshots/<8 digits>/fs:`. */
const SHARED_DEPTH = 128;

/** Nobody's disk is filled with copies that nobody has asked for. */
async function flattenDepthOf({ root, facts, flattenDepth }: ResolvedOverlayOptions): Promise<number> {
  if (flattenDepth !== 'auto') return flattenDepth;
  return (await facts.sharesBlocks(root)) === true ? SHARED_DEPTH : 0;
}

function capabilitiesOf({ facts, slowChown }: ResolvedOverlayOptions, remapIds: boolean): string[] {
  return [
    ...(remapIds ? ['remap-ids'] : []),
    ...(slowChown ? [] : ['only-remap-ids']),
    // Unpackers that are in a user namespace delete what a layer deletes, whatever it is mounted over.
    ...(facts.inUserNamespace ? [] : ['rebase']),
  ];
}

/**
 * Finds out what to do on this machine and root, which must exist (containerd: plugins/snapshots/overlay/overlay.go,
 * NewSnapshotter, and overlayutils/check.go).
 * @throws NotImplementedError where overlay cannot be mounted; InvalidArgumentError where the configured options keep it from that.
 */
export async function probeOverlay(options: ResolvedOverlayOptions): Promise<OverlaySetup> {
  const needed = [
    ...((await needsUserXattr(options)) ? ['userxattr'] : []),
    ...(needsIndexOff(options) ? ['index=off'] : []),
  ];
  await options.facts.requireOverlay(options.root, { configured: options.mountOptions, needed, writable: true });
  const remapIds = await canRemapIds(options);
  return Object.freeze({
    overlayOptions: Object.freeze([...options.mountOptions, ...needed]),
    remapIds,
    capabilities: Object.freeze(capabilitiesOf(options, remapIds)),
    flattenDepth: await flattenDepthOf(options),
    projectQuota: options.facts.projectQuota(options.root),
  });
}
