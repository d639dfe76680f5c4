import type { ProjectQuotaState } from '../../linux/index.js';
import { canShareBlocks } from '../../trees/index.js';
import type { ResolvedNativeOptions } from './options.js';

/** What the driver decided about its machine and root, once. */
export interface NativeSetup {
  /** Whether copies share their blocks with what they were made from. */
  readonly sharesBlocks: boolean;
  /** By what snapshots are limited. */
  readonly projectQuota: ProjectQuotaState;
}

/** Finds out what to do on this machine and root, which must exist. */
export function probeNative({ root, projectQuota }: ResolvedNativeOptions): NativeSetup {
  return Object.freeze({ sharesBlocks: canShareBlocks(root), projectQuota: projectQuota(root) });
}
