import { type FaultPoints, noFaults } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import type { Durability } from '../../snapshots/index.js';
import { checkMountOption, checkRoot } from '../kit/overlay-options.js';
import { type OverlayFacts, resolveFacts } from './facts.js';

/** What an overlay driver can be told. The names are containerd's, in camel case. */
export interface OverlayOptions {
  /**
   * The absolute path of the directory that it owns, made with mode 0700 when it is missing. It goes into mount
   * options, where overlay takes `:`, `,` and `\` for its own, so none of them may occur. containerd's `root_path`.
   */
  readonly root: string;
  /**
   * Shows the label `containerd.io/snapshot/overlay.upperdir` with every snapshot: the path of its own files.
   * Default false. containerd's `upperdir_label`.
   */
  readonly upperdirLabel?: boolean;
  /**
   * Tells clients that they may give a container other ids by changing the owner of every file, which is slow: takes
   * the capability `only-remap-ids` away, and does nothing else. Default false. containerd's `slow_chown`.
   */
  readonly slowChown?: boolean;
  /**
   * Further options for each overlay mount, such as `metacopy=on`; never for bind mounts. `index=...` and `userxattr`
   * given here replace the driver's choice. Default none. containerd's `mount_options`.
   */
  readonly mountOptions?: readonly string[];
  /** Whether a layer is on disk before its commit is recorded: only with `full`. Default `full`. */
  readonly durability?: Durability;
  /**
   * How many directories for new snapshots to preallocate, off the event loop; 0 makes each when it is needed, which is some
   * tens of times slower on a busy disk. Default 128.
   */
  readonly readyDirectories?: number;
  /**
   * Where project quota is on, the number of a snapshot's project is its id and this; another root on the same file
   * system needs another one, and nobody else may use the numbers above it. Default 1,073,741,824.
   */
  readonly projectIdBase?: number;
  /** Whether a commit writes a list of what is in the layer, to be compared with by `strata check --deep`. Default false. */
  readonly fileList?: boolean;
  /** Told when directories cannot be preallocated. Default: nobody is. */
  readonly onBackgroundError?: (error: unknown) => void;
  /**
   * Chains of more layers than this are merged into one directory in the background, for new snapshots to be based on; 0
   * never merges any. Files are copied. Default `auto`: 128 where copies share their blocks, so that the options of every
   * mount fit into a page as containerd's clients shorten them; 0 where each copy takes room.
   */
  readonly flattenDepth?: number | 'auto';
  /** Told when a deep chain cannot be merged; its snapshots go on with all their layers. Default: nobody is. */
  readonly onFlattenError?: (error: unknown) => void;
  /** Told when work on files passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
  /** What this machine can do, for tests; asked of the machine by default. */
  readonly facts?: Partial<OverlayFacts>;
}

/** Options with nothing left out. */
export interface ResolvedOverlayOptions {
  readonly root: string;
  readonly upperdirLabel: boolean;
  readonly slowChown: boolean;
  readonly mountOptions: readonly string[];
  readonly durability: Durability;
  readonly readyDirectories: number;
  readonly projectIdBase: number;
  readonly fileList: boolean;
  readonly onBackgroundError: (error: unknown) => void;
  readonly flattenDepth: number | 'auto';
  readonly onFlattenError: (error: unknown) => void;
  readonly faults: FaultPoints;
  readonly facts: OverlayFacts;
}

/** Enough for a burst of so many snapshots. */
const DEFAULT_READY = 128;

/** Far above the numbers that people choose by hand, with room for three thousand million snapshots. */
const DEFAULT_PROJECT_BASE = 2 ** 30;

function checkDepth(depth: number | 'auto'): number | 'auto' {
  if (depth === 'auto' || (Number.isSafeInteger(depth) && depth >= 0)) return depth;
  throw new InvalidArgumentError(`flatten depth ${depth} is no whole number of layers`);
}

/**
 * Fills in what was left out, and checks. @returns a frozen value.
 * @throws InvalidArgumentError for a root that overlay cannot mount, and for a mount option that is empty or is one
 * that the driver sets itself.
 */
export function resolveOverlayOptions(options: OverlayOptions): ResolvedOverlayOptions {
  const { root, upperdirLabel = false, slowChown = false, mountOptions = [], facts = {} } = options;
  return Object.freeze({
    root: checkRoot(root),
    upperdirLabel,
    slowChown,
    mountOptions: Object.freeze(mountOptions.map(checkMountOption)),
    durability: options.durability ?? 'full',
    readyDirectories: options.readyDirectories ?? DEFAULT_READY,
    projectIdBase: options.projectIdBase ?? DEFAULT_PROJECT_BASE,
    fileList: options.fileList ?? false,
    onBackgroundError: options.onBackgroundError ?? (() => undefined),
    flattenDepth: checkDepth(options.flattenDepth ?? 'auto'),
    onFlattenError: options.onFlattenError ?? (() => undefined),
    faults: options.faults ?? noFaults,
    facts: resolveFacts(facts),
  });
}
