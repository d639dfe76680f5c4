import { closeSync, constants, openSync } from 'node:fs';
import { fromSystemError, NotFoundError, systemErrorCode, throwIfAborted } from '../../errors/index.js';
import { quotaIsOn } from '../../linux/index.js';
import type { DriverLimiter, LimitSupport } from '../../snapshots/index.js';
import { limitSubvolume, subvolumePath } from './subvolumes.js';

/** Limits the data of snapshots by the quota groups of their subvolumes, where quota is on. */
export function btrfsLimiter(root: string): DriverLimiter {
  return {
    support: () => supportOf(root),
    async set({ id }, { bytes }, { signal }) {
      throwIfAborted(signal);
      try {
        await limitSubvolume(subvolumePath(root, 'active', id), bytes);
      } catch (error) {
        if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error, 'failed to limit subvolume');
        throw new NotFoundError(`the files of snapshot ${id}`, { cause: error });
      }
    },
  };
}

function supportOf(root: string): LimitSupport {
  const fd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    if (!quotaIsOn(fd)) {
      const reason = `quota is off on the btrfs of ${root}; "btrfs quota enable ${root}" switches it on`;
      return { bytes: false, inodes: false, reason };
    }
    return { bytes: true, inodes: false, reason: 'btrfs does not limit the number of inodes' };
  } finally {
    closeSync(fd);
  }
}
