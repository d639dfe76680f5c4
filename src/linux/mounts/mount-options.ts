import { InvalidArgumentError } from '../../errors/index.js';
import { parseIdMap } from '../calls/id-map.js';
import { MS } from '../calls/sys.js';
import type { IdMapping } from '../calls/user-namespace.js';

/** One file system to mount, in the words of mount(8). */
export interface MountSpec {
  readonly type: string;
  /** A device or a directory. */
  readonly source: string;
  /** A path below the directory that is mounted at; empty for that directory itself. */
  readonly target: string;
  readonly options: readonly string[];
}

/** Mount options, sorted by who they are for. */
export interface ParsedOptions {
  /** Flags of mount(2). */
  readonly flags: number;
  /** What the file system itself gets, in the order given. */
  readonly data: readonly string[];
  /** How owners are to appear; undefined leaves them. */
  readonly idMapping: IdMapping | undefined;
  /** The loop device through which the source is mounted; undefined when it is mounted itself. */
  readonly loop: { readonly directIo: boolean } | undefined;
}

interface FlagChange {
  readonly set?: number;
  readonly clear?: number;
}

/** containerd's table (core/mount/mount_linux.go); the last of two options about one flag wins. */
const flagOptions: Readonly<Record<string, FlagChange>> = {
  async: { clear: MS.SYNCHRONOUS },
  atime: { clear: MS.NOATIME },
  bind: { set: MS.BIND },
  // Not a flag in containerd's table, so it goes to the file system, which mostly refuses it.
  defaults: {},
  dev: { clear: MS.NODEV },
  diratime: { clear: MS.NODIRATIME },
  dirsync: { set: MS.DIRSYNC },
  exec: { clear: MS.NOEXEC },
  mand: { set: MS.MANDLOCK },
  noatime: { set: MS.NOATIME },
  nodev: { set: MS.NODEV },
  nodiratime: { set: MS.NODIRATIME },
  noexec: { set: MS.NOEXEC },
  nomand: { clear: MS.MANDLOCK },
  norelatime: { clear: MS.RELATIME },
  nostrictatime: { clear: MS.STRICTATIME },
  nosuid: { set: MS.NOSUID },
  rbind: { set: MS.BIND | MS.REC },
  relatime: { set: MS.RELATIME },
  remount: { set: MS.REMOUNT },
  ro: { set: MS.RDONLY },
  rw: { clear: MS.RDONLY },
  strictatime: { set: MS.STRICTATIME },
  suid: { clear: MS.NOSUID },
  sync: { set: MS.SYNCHRONOUS },
};

const INTERNAL = 'X-containerd.';

function refuseUnsupported(options: readonly string[]): void {
  const internal = options.find((option) => option.startsWith(INTERNAL));
  if (internal !== undefined) {
    throw new InvalidArgumentError(`internal mount option "${internal}" was not consumed by the mount manager`);
  }
}

const LOOP = 'loop';
const DIRECT_IO = 'direct-io';

/** Direct input and output is a matter of the loop device: without one, the file system is asked for it. */
function loopOf(options: readonly string[]): ParsedOptions['loop'] {
  return options.includes(LOOP) ? { directIo: options.includes(DIRECT_IO) } : undefined;
}

function isLoop(option: string): boolean {
  return option === LOOP || option === DIRECT_IO;
}

const UID_MAP = 'uidmap=';
const GID_MAP = 'gidmap=';

function isIdMap(option: string): boolean {
  return option.startsWith(UID_MAP) || option.startsWith(GID_MAP);
}

/** One of the two alone has never had an effect in containerd. */
function idMappingOf(options: readonly string[]): IdMapping | undefined {
  const [uids, gids] = [UID_MAP, GID_MAP].map((key) => options.findLast((option) => option.startsWith(key)));
  if (uids === undefined || gids === undefined) return undefined;
  return { uids: parseIdMap(uids.slice(UID_MAP.length)), gids: parseIdMap(gids.slice(GID_MAP.length)) };
}

/**
 * Sorts mount options into flags and what the file system gets.
 * @throws InvalidArgumentError for an option of containerd's mount manager, in containerd's words, and for a map of ids
 * that is malformed.
 */
export function parseMountOptions(options: readonly string[]): ParsedOptions {
  refuseUnsupported(options);
  const loop = loopOf(options);
  const handled = (option: string) => isIdMap(option) || (loop !== undefined && isLoop(option));
  let flags = 0;
  const data: string[] = [];
  for (const option of options) {
    const change = Object.hasOwn(flagOptions, option) ? flagOptions[option] : undefined;
    if (change !== undefined) flags = (flags | (change.set ?? 0)) & ~(change.clear ?? 0);
    else if (option !== '' && !handled(option)) data.push(option);
  }
  return { flags, data, idMapping: idMappingOf(options), loop };
}
