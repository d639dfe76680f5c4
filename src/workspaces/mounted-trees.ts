import type { MountSpec } from '../linux/index.js';

/** What a list of mounts shows, for reading alone. */
export interface ReadableMounts {
  readonly mounts: readonly MountSpec[];
  /** The directories that it is merged of, the topmost first; undefined where that cannot be seen, as of a block device. */
  readonly layers: readonly string[] | undefined;
}

const lowerOption = 'lowerdir=';
const upperOption = 'upperdir=';

/** Without a work directory nothing is written; owners are those on disk, so that two snapshots can be compared. */
const leftOut = /^(upperdir|workdir|uidmap|gidmap|X-mount\.idmap)=|^(rw|volatile|fsync=volatile)$/;

/**
 * Mounts that show the same and write nothing. An active snapshot may be in use by others: its upper directory becomes a lower
 * one, which overlay takes beside the mount that writes to it (kernel: filesystems/overlayfs, "Changes to underlying
 * filesystems"). A block device is mounted as it is.
 */
export function readableMounts(mounts: readonly MountSpec[]): ReadableMounts {
  const [mount, ...others] = mounts;
  if (mount === undefined || others.length > 0) return { mounts, layers: undefined };
  if (mount.type === 'overlay') return readableOverlay(mount);
  if (!mount.options.some((option) => option === 'bind' || option === 'rbind')) return { mounts, layers: undefined };
  return { mounts: [readOnlyBind(mount.source)], layers: [mount.source] };
}

/** The directories that an overlay is merged of. */
export function layersOfOverlay({ options }: MountSpec): {
  readonly upper: string | undefined;
  /** The topmost first. */
  readonly lowers: readonly string[];
} {
  const { upper, lowers } = writtenLayers(options);
  return { upper: upper === undefined ? undefined : unescaped(upper), lowers: lowers.map(unescaped) };
}

/** As they are written in the options, with backslashes before colons. */
function writtenLayers(options: readonly string[]): { upper: string | undefined; lowers: string[] } {
  const upper = options.find((option) => option.startsWith(upperOption))?.slice(upperOption.length);
  return { upper, lowers: options.flatMap((option) => (option.startsWith(lowerOption) ? splitLayers(option) : [])) };
}

function readableOverlay(mount: MountSpec): ReadableMounts {
  const { upper, lowers } = writtenLayers(mount.options);
  const layers = [...(upper === undefined ? [] : [upper]), ...lowers];
  const [only, ...more] = layers;
  // Overlay wants two layers.
  if (only !== undefined && more.length === 0)
    return { mounts: [readOnlyBind(unescaped(only))], layers: [unescaped(only)] };
  const options = mount.options.filter((option) => !leftOut.test(option) && !option.startsWith(lowerOption));
  const readOnly = { ...mount, options: [...options, 'ro', `${lowerOption}${layers.join(':')}`] };
  return { mounts: [readOnly], layers: layers.map(unescaped) };
}

function splitLayers(option: string): string[] {
  return option.slice(lowerOption.length).match(/(?:\\.|[^:\\])+/gs) ?? [];
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}

function readOnlyBind(source: string): MountSpec {
  return { type: 'bind', source, target: '', options: ['ro', 'rbind'] };
}

/**
 * The layers that only one of two merged trees has, above those that both end with: outside of them the trees are the same.
 * Undefined where that cannot be seen.
 */
export function differingLayers(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  if (one === undefined || other === undefined) return undefined;
  let shared = 0;
  while (shared < Math.min(one.length, other.length) && one.at(-1 - shared) === other.at(-1 - shared)) shared++;
  if (shared === 0) return undefined;
  return [...one.slice(0, one.length - shared), ...other.slice(0, other.length - shared)];
}
