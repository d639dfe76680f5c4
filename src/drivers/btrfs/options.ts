import { isAbsolute, resolve } from 'node:path';
import type { FaultPoints } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';

/** What a btrfs driver can be told. */
export interface BtrfsOptions {
  /**
   * The absolute path of the directory that it owns, on a btrfs; made with mode 0700 when it is missing. It goes into
   * mount options, so no `,` may occur. containerd's `root_path`.
   */
  readonly root: string;
  /** Has each commit write a file list of the layer, for `strata check --deep`; reads every file once. Default false. */
  readonly fileList?: boolean;
  /** Told when work on files passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** What would end a path in mount options. */
const UNMOUNTABLE = /[,\0]/;

/** The root, without `.` and `..`. @throws InvalidArgumentError for one that cannot be mounted from. */
export function resolveRoot({ root }: Pick<BtrfsOptions, 'root'>): string {
  if (!isAbsolute(root)) throw new InvalidArgumentError(`root ${JSON.stringify(root)} is not an absolute path`);
  if (UNMOUNTABLE.test(root)) {
    throw new InvalidArgumentError(`root ${JSON.stringify(root)} has a ",", which a mount option cannot hold`);
  }
  return resolve(root);
}
