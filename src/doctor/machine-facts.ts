/** Facts about this machine as a whole. All are cheap to read, and reading them changes nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { join } from 'node:path';
import { addonProblem, hasCapability, inUserNamespace } from '../linux/index.js';

/** Whether the kernel has a part: built in or loaded, loadable, or missing. */
export type KernelPart = 'present' | 'module' | 'absent';

/** What a machine is and can do. */
export interface MachineFacts {
  /** As Node names it, such as `linux`. */
  readonly platform: string;
  readonly architecture: string;
  /** The kernel's release, such as `6.1.0-18-amd64`. */
  readonly kernel: string;
  /** The effective user. */
  readonly uid: number;
  /** Names of the capabilities in force that snapshots need. */
  readonly capabilities: readonly CapabilityName[];
  readonly inUserNamespace: boolean;
  /** Whether user namespaces can be made. */
  readonly userNamespaces: boolean;
  /** Why system calls cannot be made, when the addon for them could not be loaded. */
  readonly addonProblem: string | undefined;
  readonly overlay: KernelPart;
  readonly erofs: KernelPart;
  readonly btrfs: KernelPart;
  readonly loop: KernelPart;
  readonly deviceMapper: KernelPart;
  /** Whether any file system of this kernel can verify files (fs-verity). */
  readonly verity: boolean;
  /** Defaults of overlay, such as `index` or `metacopy`, by name; empty before it is loaded. */
  readonly overlayDefaults: ReadonlyMap<string, string>;
  readonly selinux: 'enforcing' | 'permissive' | 'off';
  readonly appArmor: boolean;
}

/** Capabilities that snapshots need, with their numbers (include/uapi/linux/capability.h). */
const capabilityBits = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_SYS_ADMIN: 21,
  CAP_MKNOD: 27,
} as const;

/** One of them. */
export type CapabilityName = keyof typeof capabilityBits;

/** The capabilities in force in a text of `/proc/self/status`. */
export function parseCapabilities(status: string): CapabilityName[] {
  const names = Object.entries(capabilityBits).filter(([, bit]) => hasCapability(status, bit));
  return names.map(([name]) => name as CapabilityName);
}

/** The text of a file of the kernel, without the line's end; undefined when there is none. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The modules of this kernel by the names of their files, those built in too; empty where no list is installed. */
export function kernelModules(): string {
  const place = join('/lib/modules', release());
  return ['modules.dep', 'modules.builtin'].map((name) => readText(join(place, name)) ?? '').join('\n');
}

/** Whether a part is there, or could be loaded as a module of a name, in a list of modules. */
export function kernelPart(isThere: boolean, name: string, list: string): KernelPart {
  if (isThere) return 'present';
  return list.includes(`/${name}.ko`) ? 'module' : 'absent';
}

function parts(): Pick<MachineFacts, 'overlay' | 'erofs' | 'btrfs' | 'loop' | 'deviceMapper'> {
  const list = kernelModules();
  const types = new Set((readText('/proc/filesystems') ?? '').split(/\s+/));
  const devices = new Set((readText('/proc/misc') ?? '').split(/\s+/));
  return {
    overlay: kernelPart(types.has('overlay'), 'overlay', list),
    erofs: kernelPart(types.has('erofs'), 'erofs', list),
    btrfs: kernelPart(types.has('btrfs'), 'btrfs', list),
    loop: kernelPart(devices.has('loop-control'), 'loop', list),
    deviceMapper: kernelPart(devices.has('device-mapper'), 'dm-mod', list),
  };
}

function overlayDefaults(): Map<string, string> {
  const place = '/sys/module/overlay/parameters';
  const names = existsSync(place) ? readdirSync(place).sort() : [];
  return new Map(names.map((name) => [name, readText(join(place, name)) ?? '']));
}

function selinux(): MachineFacts['selinux'] {
  const enforce = readText('/sys/fs/selinux/enforce');
  if (enforce === undefined) return 'off';
  return enforce === '1' ? 'enforcing' : 'permissive';
}

/** The facts of this machine. Takes some milliseconds, most of them for the addon's first load. */
export function machineFacts(): MachineFacts {
  return {
    platform: platform(),
    architecture: arch(),
    kernel: release(),
    uid: process.geteuid?.() ?? 0,
    capabilities: parseCapabilities(readText('/proc/self/status') ?? ''),
    inUserNamespace: inUserNamespace(),
    userNamespaces: Number(readText('/proc/sys/user/max_user_namespaces') ?? 0) > 0,
    addonProblem: addonProblem(),
    ...parts(),
    verity: ['/sys/fs/ext4/features/verity', '/sys/fs/btrfs/features/verity', '/proc/sys/fs/verity'].some(existsSync),
    overlayDefaults: overlayDefaults(),
    selinux: selinux(),
    appArmor: readText('/sys/module/apparmor/parameters/enabled') === 'Y',
  };
}
