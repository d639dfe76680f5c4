/** What containerd's configuration has to say about Strata, by the version of containerd. */
import { pluginTypes } from '../daemon/index.js';
import { type BackEndName, backEndNames, type DoctorFacts } from './facts.js';

/** See the head of this file. */
export interface ForContainerd {
  /** The version of the containerd that it is for. */
  readonly containerd: string;
  /** The file that it belongs to. */
  readonly configFile: string;
  /** The version of the format of that file. */
  readonly format: 2 | 3;
  /** Under which name containerd knows Strata. */
  readonly name: string;
  readonly address: string;
  /** Of the back end; none where this containerd has no use for them. */
  readonly capabilities: readonly string[];
  /** Where the back end keeps its files; undefined where this containerd takes no such entry. */
  readonly root: string | undefined;
  /** The transfer service has to know every snapshotter; undefined where this containerd has none. */
  readonly unpack: { readonly platform: string; readonly snapshotters: readonly string[] } | undefined;
}

type Version = readonly [major: number, minor: number];

/** Since when containerd has what is written. */
const SINCE = {
  /** `exports` of a proxy, and the transfer service. */
  exports: [1, 7],
  /** Version 3 of the configuration. */
  format3: [2, 0],
  /** Mounts overlays with mapped ids. */
  remapIds: [2, 0],
  /** Tells the parent of a layer that it unpacks in parallel. Without it deletions would be lost. */
  rebase: [2, 3],
} as const satisfies Record<string, Version>;

const containerdDefault = 'overlayfs';

function parse(version: string): Version | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)(?:[.~+-][\w.~+-]*)?$/.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/**
 * What is to be written for the containerd of a machine and the back end that callers get who name none; undefined where
 * containerd's version is not known. Pure.
 */
export function forContainerd(facts: DoctorFacts, backEnd: string): ForContainerd | undefined {
  const { containerd, settings } = facts;
  const version = parse(containerd.version ?? '');
  if (version === undefined) return undefined;
  const has = (what: keyof typeof SINCE) => isAtLeast(version, SINCE[what]);
  const name = containerd.proxies.find(({ address }) => address === settings.address)?.name ?? 'strata';
  const usable = new Map([
    ['remap-ids', has('remapIds')],
    ['rebase', has('rebase')],
  ]);
  return {
    containerd: containerd.version ?? '',
    configFile: containerd.configFile,
    format: has('format3') ? 3 : 2,
    name,
    address: settings.address,
    capabilities: capabilitiesOf(facts, backEnd).filter((capability) => usable.get(capability) === true),
    root: has('exports') ? rootOf(facts, backEnd) : undefined,
    unpack: has('exports') ? { platform: platform(facts), snapshotters: [name, containerdDefault] } : undefined,
  };
}

function isAtLeast([major, minor]: Version, [wantedMajor, wantedMinor]: Version): boolean {
  return major === wantedMajor ? minor >= wantedMinor : major > wantedMajor;
}

/** Of a daemon that runs, as it says itself; else as it would find them. */
function capabilitiesOf(facts: DoctorFacts, backEnd: string): readonly string[] {
  const running = pluginOf(facts, backEnd);
  if (running !== undefined) return running.capabilities;
  if (backEnd !== 'overlayfs' && backEnd !== 'erofs') return [];
  return [
    ...(facts.overlay.mapsIds === 'works' ? ['remap-ids'] : []),
    ...(facts.machine.inUserNamespace ? [] : ['rebase']),
  ];
}

function rootOf(facts: DoctorFacts, backEnd: string): string | undefined {
  const { backEndRoots } = facts.settings;
  return pluginOf(facts, backEnd)?.exports.get('root') ?? (isBackEndName(backEnd) ? backEndRoots[backEnd] : undefined);
}

function isBackEndName(name: string): name is BackEndName {
  return backEndNames.some((each) => each === name);
}

function pluginOf({ daemon }: DoctorFacts, backEnd: string) {
  const plugin = daemon.plugins.find(({ type, id }) => type === pluginTypes.snapshotter.uri && id === backEnd);
  return plugin?.problem === undefined ? plugin : undefined;
}

/** As containerd spells it (runtime.GOARCH). */
function platform({ machine }: DoctorFacts): string {
  return `linux/${machine.architecture === 'x64' ? 'amd64' : machine.architecture}`;
}
