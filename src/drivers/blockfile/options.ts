import { isAbsolute, resolve } from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { Durability } from '../../snapshots/index.js';

/** The file systems that images can have. */
export type BlockfileType = 'ext4' | 'xfs';

/** What a blockfile driver can be told. The names are containerd's, in camel case. */
export interface BlockfileOptions {
  /** The absolute path of the directory that it owns, made with mode 0700 when it is missing. */
  readonly root: string;
  /** What is in the images. Default `ext4`. containerd's `fs_type`. */
  readonly fsType?: BlockfileType;
  /**
   * An image to start from, with a file system of `fsType`; copied to the root once. By default one is made with mkfs.
   * containerd's `scratch_file`.
   */
  readonly scratchFile?: string;
  /** Makes or copies it again at each start. Default false. containerd's `recreate_scratch`. */
  readonly recreateScratch?: boolean;
  /** Options for each mount; `loop` is added when it is missing. Default `['loop']`. containerd's `mount_options`. */
  readonly mountOptions?: readonly string[];
  /** The size of an image made with mkfs, in bytes; the disk gives only what is written. Default 10 GiB. */
  readonly defaultSize?: number;
  /** With `full`, images are on disk when `create` and `seal` resolve. Default `full`. */
  readonly durability?: Durability;
  /**
   * Has each commit write a file list of the layer, for `strata check --deep`: mounts it, read-only, and reads every file
   * once. Default false.
   */
  readonly fileList?: boolean;
  /** Told when work on files passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** Options with nothing left out. */
export interface ResolvedBlockfileOptions extends Required<BlockfileOptions> {
  /** Empty for none. */
  readonly scratchFile: string;
}

const DEFAULT_SIZE = 10 * 2 ** 30;

/** What the driver itself adds. */
const OWN_OPTIONS = ['ro', 'rw'];

function checkPath(name: string, path: string): string {
  if (!isAbsolute(path)) throw new InvalidArgumentError(`${name} ${JSON.stringify(path)} is not an absolute path`);
  return resolve(path);
}

function checkMountOption(option: string): string {
  if (option === '' || /[,\0]/.test(option)) {
    throw new InvalidArgumentError(`${JSON.stringify(option)} is no mount option`);
  }
  if (OWN_OPTIONS.includes(option)) {
    throw new InvalidArgumentError(`mount option ${JSON.stringify(option)} is set by the blockfile driver itself`);
  }
  return option;
}

/** The options of each mount, without the access. Copies of an xfs all have the same UUID, hence `nouuid`. */
function mountOptionsOf(given: readonly string[], fsType: BlockfileType): readonly string[] {
  const needed = fsType === 'xfs' ? ['loop', 'nouuid'] : ['loop'];
  return Object.freeze([...given, ...needed.filter((option) => !given.includes(option))]);
}

/**
 * Fills in what was left out, and checks. @returns a frozen value.
 * @throws InvalidArgumentError for paths that are not absolute, and mount options that are none or the driver's own.
 */
export function resolveBlockfileOptions(options: BlockfileOptions): ResolvedBlockfileOptions {
  const { root, fsType = 'ext4', scratchFile = '', mountOptions = ['loop'], defaultSize = DEFAULT_SIZE } = options;
  if (!Number.isSafeInteger(defaultSize) || defaultSize <= 0) {
    throw new InvalidArgumentError(`default size ${defaultSize} is no number of bytes`);
  }
  return Object.freeze({
    root: checkPath('root', root),
    fsType,
    scratchFile: scratchFile === '' ? '' : checkPath('scratch file', scratchFile),
    recreateScratch: options.recreateScratch ?? false,
    mountOptions: mountOptionsOf(mountOptions.map(checkMountOption), fsType),
    defaultSize,
    durability: options.durability ?? 'full',
    fileList: options.fileList ?? false,
    faults: options.faults ?? noFaults,
  });
}
