import { maxInodesLabel, maxSizeLabel, noLimit, parseByteLimit, parseInodeLimit } from '../snapshots/api/index.js';
import { UsageError } from './failure.js';

/** The options of commands that set limits. */
export interface LimitFlags {
  readonly size?: string;
  readonly inodes?: string;
}

/** Their description. */
export const limitFlags = [
  { flags: '--size <bytes>', description: 'the most that it may take, such as 10G or 512MiB; none for no limit' },
  {
    flags: '--inodes <number>',
    description: 'the most files and directories, such as 100000 or 1M; none for no limit',
  },
] as const;

/** The labels that ask for limits. @throws UsageError for what is no limit. */
export function limitLabels({ size, inodes }: LimitFlags): Map<string, string> {
  const labels = new Map<string, string>();
  if (size !== undefined) {
    if (size !== noLimit && parseByteLimit(size) === undefined) {
      throw new UsageError(`--size: want a number of bytes such as 10G, or none, got ${JSON.stringify(size)}`);
    }
    labels.set(maxSizeLabel, size);
  }
  if (inodes !== undefined) {
    if (inodes !== noLimit && parseInodeLimit(inodes) === undefined) {
      throw new UsageError(`--inodes: want a number such as 100000 or 1M, or none, got ${JSON.stringify(inodes)}`);
    }
    labels.set(maxInodesLabel, inodes);
  }
  return labels;
}
