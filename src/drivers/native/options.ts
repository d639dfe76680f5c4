import { isAbsolute, resolve } from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { type ProjectQuotaState, projectQuota as quotaOf } from '../../linux/index.js';
import type { Durability } from '../../snapshots/index.js';
import { copyTree } from '../../trees/index.js';

/** What a native driver can be told. */
export interface NativeOptions {
  /** The absolute path of the directory that it owns, made with mode 0700 when it is missing. containerd's `root_path`. */
  readonly root: string;
  /**
   * With `full`, the copy that a snapshot starts from is on disk when `create` resolves, and a layer when `seal` does.
   * Default `full`.
   */
  readonly durability?: Durability;
  /** The number of a snapshot's project is its id and this, where project quota is on. Default 1,610,612,736. */
  readonly projectIdBase?: number;
  /** By what directories can be limited, in the place of what this machine says. */
  readonly projectQuota?: (directory: string) => ProjectQuotaState;
  /** Has each commit write a file list of the layer, for `strata check --deep`; reads every file once. Default false. */
  readonly fileList?: boolean;
  /** Told when work on files passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
  /** What copies a tree, for tests. Default: {@link copyTree}. */
  readonly copy?: typeof copyTree;
}

/** Options with nothing left out. */
export type ResolvedNativeOptions = Required<NativeOptions>;

/** Far from those of overlayfs in the same root. */
const DEFAULT_PROJECT_BASE = 2 ** 30 + 2 ** 29;

/** Fills in what was left out, and checks. @throws InvalidArgumentError for a root that is no absolute path. */
export function resolveNativeOptions({
  root,
  durability = 'full',
  fileList = false,
  faults = noFaults,
  copy = copyTree,
  projectIdBase = DEFAULT_PROJECT_BASE,
  projectQuota = quotaOf,
}: NativeOptions): ResolvedNativeOptions {
  if (!isAbsolute(root)) throw new InvalidArgumentError(`root ${JSON.stringify(root)} is not an absolute path`);
  return Object.freeze({ root: resolve(root), durability, fileList, faults, copy, projectIdBase, projectQuota });
}
