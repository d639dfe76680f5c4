import type { LimitSettings } from '../../snapshots/index.js';

/** The limits in the configuration of a snapshotter. */
export interface LimitConfig {
  readonly limitPolicy: 'strict' | 'warn';
  /** Bytes; 0 for no limit, and absent where the back end has a default size of its own. */
  readonly defaultSizeLimit?: number;
  /** 0 for no limit. */
  readonly defaultInodeLimit?: number;
}

/** The same, as options of a local snapshotter. */
export function limitSettings({
  limitPolicy,
  defaultSizeLimit = 0,
  defaultInodeLimit = 0,
}: LimitConfig): LimitSettings {
  return {
    policy: limitPolicy,
    defaults: {
      ...(defaultSizeLimit === 0 ? {} : { bytes: defaultSizeLimit }),
      ...(defaultInodeLimit === 0 ? {} : { inodes: defaultInodeLimit }),
    },
  };
}
