import { inUserNamespace, type KernelVersion, kernelVersion, overlayHasIndex } from '../../linux/index.js';

/** What an overlay driver can be told. The names are containerd's, in camel case. */
export interface OverlayOptions {
  /** The directory that it owns; made when it is missing. */
  readonly root: string;
  /** Shows the path of each snapshot's own files as a label. Default false. */
  readonly upperdirLabel?: boolean;
  /** Lets clients change owners file by file where the kernel cannot map ids. Default false. */
  readonly slowChown?: boolean;
  /** Further options for each overlay mount. Default none. */
  readonly mountOptions?: readonly string[];
  /** What this machine can do, for tests; asked of the machine by default. */
  readonly facts?: Partial<OverlayFacts>;
}

/** What the driver has to know about its machine. */
export interface OverlayFacts {
  readonly kernel: KernelVersion;
  readonly inUserNamespace: boolean;
  /** Whether overlay knows the option `index`. */
  readonly hasIndexOption: boolean;
}

/** Options with nothing left out. */
export interface ResolvedOverlayOptions {
  readonly root: string;
  readonly upperdirLabel: boolean;
  readonly slowChown: boolean;
  readonly mountOptions: readonly string[];
  readonly facts: OverlayFacts;
}

/** Fills in what was left out. */
export function resolveOverlayOptions(options: OverlayOptions): ResolvedOverlayOptions {
  const { root, upperdirLabel = false, slowChown = false, mountOptions = [], facts = {} } = options;
  return Object.freeze({
    root,
    upperdirLabel,
    slowChown,
    mountOptions: Object.freeze([...mountOptions]),
    facts: Object.freeze({
      kernel: facts.kernel ?? kernelVersion(),
      inUserNamespace: facts.inUserNamespace ?? inUserNamespace(),
      hasIndexOption: facts.hasIndexOption ?? overlayHasIndex(),
    }),
  });
}
