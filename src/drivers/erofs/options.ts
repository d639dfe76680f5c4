import { type FaultPoints, noFaults } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { Durability } from '../../snapshots/index.js';
import { checkMountOption, checkRoot } from '../kit/overlay-options.js';
import { type ErofsFacts, resolveFacts } from './facts.js';

/** What an erofs driver can be told. The names are containerd's, in camel case. */
export interface ErofsOptions {
  /** The absolute path of the directory that it owns, without `:`, `,` and `\`; made with mode 0700 when missing. */
  readonly root: string;
  /** Further options for each overlay mount, such as `volatile`. Default none. containerd's `ovl_mount_options`. */
  readonly mountOptions?: readonly string[];
  /**
   * Has the kernel check the blocks of each layer whenever they are read (fs-verity). With `true` nothing is based on a
   * layer without that, and the root's file system must be able to; with `auto` it is done where it can. Default false.
   * containerd's `enable_fsverity`.
   */
  readonly fsverity?: boolean | 'auto';
  /** Keeps everybody, root included, from changing the image of a layer. Default false. containerd's `set_immutable`. */
  readonly setImmutable?: boolean;
  /**
   * 0 has active snapshots written into directories; more, into an image each, an ext4 file system of so many bytes
   * unless the snapshot's limit says otherwise. Default 0. containerd's `default_size`.
   */
  readonly defaultSize?: number;
  /** Whether a layer is on disk before its commit is recorded: only with `full`. Default `full`. */
  readonly durability?: Durability;
  /**
   * Has each commit write a file list of the layer, for `strata check --deep`: mounts the image and reads every file once.
   * Default false.
   */
  readonly fileList?: boolean;
  /** Told when work on files passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
  /** Told about failures that no caller waits for. Default: nobody is. */
  readonly onBackgroundError?: (error: unknown) => void;
  /** What this machine can do, for tests; asked of the machine by default. */
  readonly facts?: Partial<ErofsFacts>;
}

/** Options with nothing left out. */
export interface ResolvedErofsOptions extends Required<Omit<ErofsOptions, 'facts'>> {
  readonly facts: ErofsFacts;
}

/** What the driver decided about its machine and root, once. */
export interface ErofsSetup {
  /** Whether images are mounted through loop devices. */
  readonly loop: boolean;
  /** Whether the kernel is to check the blocks of new layers. */
  readonly verity: boolean;
  readonly remapIds: boolean;
  /** What every overlay mount ends in. */
  readonly overlayOptions: readonly string[];
  /** In containerd's words and order. */
  readonly capabilities: readonly string[];
}

/** ext4 with a journal takes no less. */
const SMALLEST_BLOCK = 8 * 2 ** 20;

function checkSize(size: number): number {
  if (size === 0 || (Number.isSafeInteger(size) && size >= SMALLEST_BLOCK)) return size;
  throw new InvalidArgumentError(`default size ${size} is neither 0 nor at least ${SMALLEST_BLOCK} bytes`);
}

/**
 * Fills in what was left out, and checks. @returns a frozen value.
 * @throws InvalidArgumentError for a root that overlay cannot mount, for a mount option that is empty or that the driver
 * sets itself, and for a size that is too small.
 */
export function resolveErofsOptions(options: ErofsOptions): ResolvedErofsOptions {
  return Object.freeze({
    root: checkRoot(options.root),
    mountOptions: Object.freeze((options.mountOptions ?? []).map(checkMountOption)),
    fsverity: options.fsverity ?? false,
    setImmutable: options.setImmutable ?? false,
    defaultSize: checkSize(options.defaultSize ?? 0),
    durability: options.durability ?? 'full',
    fileList: options.fileList ?? false,
    faults: options.faults ?? noFaults,
    onBackgroundError: options.onBackgroundError ?? (() => undefined),
    facts: resolveFacts(options.facts ?? {}),
  });
}
