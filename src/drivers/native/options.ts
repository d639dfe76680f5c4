import { isAbsolute, resolve } from 'node:path';
import { InvalidArgumentError } from '../../errors/index.js';
import type { Durability } from '../../snapshots/index.js';

/** What a native driver can be told. */
export interface NativeOptions {
  /** The absolute path of the directory that it owns, made with mode 0700 when it is missing. containerd's `root_path`. */
  readonly root: string;
  /**
   * With `full`, the copy that a snapshot starts from is on disk when `create` resolves, and a layer when `seal` does.
   * Default `full`.
   */
  readonly durability?: Durability;
  /** Has each commit write a manifest of the layer, for `strata check --deep`; reads every file once. Default false. */
  readonly manifest?: boolean;
}

/** Options with nothing left out. */
export type ResolvedNativeOptions = Required<NativeOptions>;

/** Fills in what was left out, and checks. @throws InvalidArgumentError for a root that is no absolute path. */
export function resolveNativeOptions({
  root,
  durability = 'full',
  manifest = false,
}: NativeOptions): ResolvedNativeOptions {
  if (!isAbsolute(root)) throw new InvalidArgumentError(`root ${JSON.stringify(root)} is not an absolute path`);
  return Object.freeze({ root: resolve(root), durability, manifest });
}
