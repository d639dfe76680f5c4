import { ProjectLimiter } from '../kit/project-limiter.js';
import { snapshotDirectory } from './mounts.js';
import type { ResolvedNativeOptions } from './options.js';
import type { NativeSetup } from './probe.js';

/** Limits snapshots by project quota, where their file system has it; the copy of the parent counts as well. */
export function nativeLimiter(
  { root, projectIdBase: base }: ResolvedNativeOptions,
  { projectQuota: state }: NativeSetup,
): ProjectLimiter {
  return new ProjectLimiter({ root, state, base, directoriesOf: (id) => [snapshotDirectory(root, id)] });
}
