import { isAbsolute, resolve } from 'node:path';
import { type FaultPoints, noFaults } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { type DeviceMapper, deviceMapper } from '../../linux/index.js';
import type { Durability } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { DeviceFileSystem } from './device-records.js';

/** What a devmapper driver can be told. The names are containerd's, in camel case. */
export interface DevmapperOptions {
  /** Its directory, absolute; made when it is missing. File lists lie in it, and mount points for a moment. */
  readonly root: string;
  /** Where the records of its devices go; it must have been opened with `devmapperSchema`. Stays the caller's. */
  readonly store: Store;
  /** The name of a thin pool in /dev/mapper, which is there and stays the machine's. */
  readonly poolName: string;
  /** Bytes that the file system of a snapshot without parents has; those above it have the same. A multiple of 512. */
  readonly baseImageSize: number;
  /** What is made on devices. Default `ext4`. Snapshots that are there keep what they have. */
  readonly fileSystem?: DeviceFileSystem;
  /** Further arguments for mkfs, in the place of ours. Default none. containerd's `fs_options`. */
  readonly fileSystemOptions?: readonly string[];
  /** Tells the disk below what became free when a device is deleted (blkdiscard(8)). Default false. */
  readonly discardBlocks?: boolean;
  /** Whether commits write down what is in a layer, so that a check can tell that it was changed. Default false. */
  readonly fileList?: boolean;
  /** Whether a layer is on disk before its commit is recorded: only with `full`. Default `full`. */
  readonly durability?: Durability;
  /** Told when work on files passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
  /** Told about devices that could not be readied at the start or put away after a commit. */
  readonly onBackgroundError?: (error: unknown) => void;
  /** The device mapper, in place of this machine's. */
  readonly mapper?: DeviceMapper;
}

/** The options with their defaults. */
export type ResolvedDevmapperOptions = Required<DevmapperOptions>;

const SECTOR = 512;

/**
 * Checks the options and fills in defaults.
 * @throws InvalidArgumentError for a root, a pool or a size that cannot be.
 */
export function resolveDevmapperOptions(options: DevmapperOptions): ResolvedDevmapperOptions {
  const { root, poolName, baseImageSize } = options;
  if (!isAbsolute(root)) throw new InvalidArgumentError(`root ${root} is not absolute`);
  if (poolName === '' || poolName.includes('/')) {
    throw new InvalidArgumentError(`pool_name ${JSON.stringify(poolName)} is no name of a device in /dev/mapper`);
  }
  if (!Number.isSafeInteger(baseImageSize) || baseImageSize < SECTOR || baseImageSize % SECTOR !== 0) {
    throw new InvalidArgumentError(`base_image_size ${baseImageSize} is no multiple of ${SECTOR} bytes`);
  }
  return {
    ...options,
    root: resolve(root),
    fileSystem: options.fileSystem ?? 'ext4',
    fileSystemOptions: options.fileSystemOptions ?? [],
    discardBlocks: options.discardBlocks ?? false,
    fileList: options.fileList ?? false,
    durability: options.durability ?? 'full',
    faults: options.faults ?? noFaults,
    onBackgroundError: options.onBackgroundError ?? (() => undefined),
    mapper: options.mapper ?? deviceMapper,
  };
}
