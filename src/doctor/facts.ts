/** The input of a diagnosis: plain data, so that tests can describe any machine. */
import type { DirectoryFacts } from './directory-facts.js';
import type { MachineFacts } from './machine-facts.js';

/** The result of a trial; `untried` when this process may not try. */
export type Trial = 'works' | 'fails' | 'untried';

/** What overlay does below the root. */
export interface OverlayTrials {
  readonly mounts: Trial;
  /** Why it does not mount. */
  readonly problem?: string;
  /** Over layers whose ids are mapped. */
  readonly mapsIds: Trial;
}

/** A proxy plugin of containerd's configuration. */
export interface ProxyPlugin {
  readonly name: string;
  readonly type: string;
  readonly address: string;
  readonly capabilities: readonly string[];
  /** Where it keeps its files, for what measures the disk; undefined when that is not said. */
  readonly root: string | undefined;
}

/** Facts about containerd. */
export interface ContainerdFacts {
  /** As it says itself; undefined when there is none. */
  readonly version: string | undefined;
  readonly configFile: string;
  /** Whether the file is there. */
  readonly configured: boolean;
  /** Why the file cannot be read. */
  readonly configProblem?: string;
  readonly proxies: readonly ProxyPlugin[];
  /** The snapshotter of CRI; undefined where that is disabled. */
  readonly criSnapshotter: string | undefined;
  /** The snapshotters that the transfer service unpacks into. */
  readonly unpacksInto: readonly string[];
  readonly address: string;
  /** Whether something accepts connections there. */
  readonly answers: boolean;
}

/** A plugin of a daemon that runs. */
export interface DaemonPlugin {
  readonly type: string;
  readonly id: string;
  /** Why it did not start. */
  readonly problem?: string;
  /** Whether it was left out on purpose, or because this machine has no use for it. */
  readonly skipped: boolean;
  readonly capabilities: readonly string[];
  readonly exports: ReadonlyMap<string, string>;
}

/** A daemon of Strata, as seen from outside. */
export interface DaemonFacts {
  readonly address: string;
  readonly state: 'running' | 'not running' | 'denied';
  readonly version?: string;
  /** Where it keeps everything. */
  readonly root?: string;
  readonly plugins: readonly DaemonPlugin[];
}

/** The back ends that a configuration knows. */
export const backEndNames = ['overlayfs', 'btrfs', 'native', 'erofs', 'blockfile', 'devmapper'] as const;

/** The name of one. */
export type BackEndName = (typeof backEndNames)[number];

/** The part of the configuration that a diagnosis uses. */
export interface SettingsFacts {
  /** Why the configuration cannot be used; the defaults are looked at then. */
  readonly problem?: string;
  readonly root: string;
  readonly address: string;
  /** The default snapshotter that is asked for, `auto` or a name. */
  readonly snapshotter: string;
  readonly proxy: boolean;
  /** Where each back end keeps its files. */
  readonly backEndRoots: Readonly<Record<BackEndName, string>>;
  /** Whether erofs wants fs-verity of every layer. */
  readonly sealedLayers: boolean;
}

/** See the head of this file. */
export interface DoctorFacts {
  readonly node: string;
  readonly settings: SettingsFacts;
  readonly machine: MachineFacts;
  readonly root: DirectoryFacts;
  /** Snapshotters with files below the root. */
  readonly holding: readonly string[];
  /** The layers of erofs without fs-verity, where that is wanted of all. */
  readonly unsealed: readonly string[];
  readonly overlay: OverlayTrials;
  /** Programs in the search path, of those that back ends need. */
  readonly programs: readonly string[];
  readonly containerd: ContainerdFacts;
  readonly daemon: DaemonFacts;
}

/** Programs that back ends run. */
export const neededPrograms = ['unshare', 'mkfs.erofs', 'mkfs.ext4', 'mkfs.xfs'] as const;
