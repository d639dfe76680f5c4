import { ProjectLimiter } from '../kit/project-limiter.js';
import { filesDirectory, workDirectory } from './files.js';
import type { ResolvedOverlayOptions } from './options.js';
import type { OverlaySetup } from './probe.js';

/** Limits snapshots by project quota, where their file system has it. Views are not written to, and are in no project. */
export function overlayLimiter(
  { root, projectIdBase: base }: ResolvedOverlayOptions,
  { projectQuota: state }: OverlaySetup,
): ProjectLimiter {
  const directoriesOf = (id: string) => [filesDirectory(root, id), workDirectory(root, id)] as const;
  return new ProjectLimiter({ root, state, base, directoriesOf });
}
