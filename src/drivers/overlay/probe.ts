import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailedPreconditionError } from '../../errors/index.js';
import { fileSystemMagic, isAtLeast, supportsDirectoryTypes, TMPFS_MAGIC, temporaryMount } from '../../linux/index.js';
import type { OverlayFacts, ResolvedOverlayOptions } from './options.js';

/** What the driver decided about its machine and root. */
export interface OverlaySetup {
  /** Options for overlay mounts, in order. */
  readonly overlayOptions: readonly string[];
  readonly remapIds: boolean;
  /** In containerd's words and order. */
  readonly capabilities: readonly string[];
}

const idMappedOverlay = { major: 5, minor: 19 };
const userXattrInKernel = { major: 5, minor: 11 };

/**
 * Makes the root and finds out what to do on it (containerd: plugins/snapshots/overlay/overlay.go, NewSnapshotter).
 * @throws FailedPreconditionError when the file system tells no types of directory entries, without which overlayfs
 * shows deleted files again.
 */
export async function setUpOverlay(options: ResolvedOverlayOptions): Promise<OverlaySetup> {
  makeDirectories(options.root);
  requireDirectoryTypes(options.root);
  const remapIds = isAtLeast(options.facts.kernel, idMappedOverlay);
  return {
    overlayOptions: [
      ...options.mountOptions,
      ...((await needsUserXattr(options)) ? ['userxattr'] : []),
      ...(needsIndexOff(options) ? ['index=off'] : []),
    ],
    remapIds,
    capabilities: capabilitiesOf({ remapIds, slowChown: options.slowChown, facts: options.facts }),
  };
}

function makeDirectories(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  chmodSync(root, 0o700);
  mkdirSync(join(root, 'snapshots'), { recursive: true, mode: 0o700 });
  chmodSync(join(root, 'snapshots'), 0o700);
}

function requireDirectoryTypes(root: string): void {
  const probe = join(root, `.d-type-${process.pid}`);
  writeFileSync(probe, '');
  try {
    if (supportsDirectoryTypes(root) !== false) return;
  } finally {
    rmSync(probe, { force: true });
  }
  throw new FailedPreconditionError(
    `${root} does not support d_type. If the backing filesystem is xfs, please reformat with ftype=1 to enable d_type support`,
  );
}

/**
 * Whether overlayfs must keep its attributes in the `user.` space: in a user namespace it may not write `trusted.` ones.
 * Kernels before 5.11 know the option only by patches of distributions, so there a mount is tried. tmpfs has had no user
 * attributes for long (containerd: plugins/snapshots/overlay/overlayutils/check.go, NeedsUserXAttr).
 */
async function needsUserXattr({ root, mountOptions, facts }: ResolvedOverlayOptions): Promise<boolean> {
  if (mountOptions.includes('userxattr') || !facts.inUserNamespace) return false;
  if (fileSystemMagic(root) === TMPFS_MAGIC) return false;
  return isAtLeast(facts.kernel, userXattrInKernel) || (await canMountWithUserXattr(root));
}

async function canMountWithUserXattr(root: string): Promise<boolean> {
  const check = join(root, 'userxattr-check');
  const [lower1, lower2, upper, work] = ['lower1', 'lower2', 'upper', 'work'].map((name) => join(check, name));
  for (const directory of ['lower1', 'lower2', 'upper', 'work']) mkdirSync(join(check, directory), { recursive: true });
  const options = ['ro', `lowerdir=${lower1}:${lower2}`, `upperdir=${upper}`, `workdir=${work}`, 'userxattr'];
  try {
    await using _mounted = await temporaryMount([{ type: 'overlay', source: 'overlay', target: '', options }]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(check, { recursive: true, force: true });
  }
}

/** With `index=on` overlayfs refuses an upper directory that has been over other layers, which snapshots do have. */
function needsIndexOff({ mountOptions, facts }: ResolvedOverlayOptions): boolean {
  return facts.hasIndexOption && !mountOptions.some((option) => option === 'index' || option.startsWith('index='));
}

function capabilitiesOf(of: { remapIds: boolean; slowChown: boolean; facts: OverlayFacts }): string[] {
  const capabilities: string[] = [];
  if (of.remapIds) capabilities.push('remap-ids');
  if (!of.slowChown) capabilities.push('only-remap-ids');
  // A rebased layer's whiteouts are device nodes, which a user namespace cannot make.
  if (!of.facts.inUserNamespace) capabilities.push('rebase');
  return capabilities;
}
