import type { FileProblem, Usage } from '../../../snapshots/index.js';

/** What a layer takes now; without a size where that cannot be told as it was at the commit. */
export type Measured = Pick<Usage, 'inodes'> & Partial<Usage>;

/**
 * How much the allocated blocks of a layer may differ: file systems allocate late, and differently after a restore.
 */
const TOLERATED_PART = 0.05;
const TOLERATED_PER_INODE = 8192;

/** What is wrong when a layer does not take what it took when it was committed; undefined when it does. */
export function usageProblem(path: string, now: Measured, then: Usage): FileProblem | undefined {
  if (isSame(now, then)) return undefined;
  const size = (bytes: number) => (now.size === undefined ? '' : `${bytes} bytes in `);
  const message =
    `it takes ${size(now.size ?? 0)}${now.inodes} inodes, ` +
    `and took ${size(then.size)}${then.inodes} inodes when it was committed`;
  return { kind: 'usage-differs', path, message, repairable: false };
}

function isSame(now: Measured, then: Usage): boolean {
  if (now.inodes !== then.inodes) return false;
  const tolerated = then.size * TOLERATED_PART + then.inodes * TOLERATED_PER_INODE;
  return now.size === undefined || Math.abs(now.size - then.size) <= tolerated;
}
