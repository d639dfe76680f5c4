/** What this kernel and these file systems can do. Each fact is read when asked; nothing is kept. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import { NotImplementedError } from '../../errors/index.js';
import { directoryEntryTypes } from './sys.js';

/** A kernel version, as far as rules about it go. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

const RELEASE = /^(\d+)\.(\d+)/;

/**
 * The version in a kernel release such as `6.1.0-18-amd64`; 0.0, older than any rule asks for, when there is none.
 */
export function parseKernelVersion(text: string): KernelVersion {
  const [, major, minor] = RELEASE.exec(text) ?? [];
  return { major: Number(major ?? 0), minor: Number(minor ?? 0) };
}

/** The version of the running kernel. */
export function kernelVersion(): KernelVersion {
  return parseKernelVersion(release());
}

/** Whether a version is a given one or newer. */
export function isAtLeast(version: KernelVersion, wanted: KernelVersion): boolean {
  return version.major > wanted.major || (version.major === wanted.major && version.minor >= wanted.minor);
}

/** The magic number of tmpfs in statfs(2); include/uapi/linux/magic.h. */
export const TMPFS_MAGIC = 0x01021994;

/** The magic number of the file system that a path lies on, as statfs(2) gives it. */
export function fileSystemMagic(path: string): number {
  // The kernel's type is signed on some machines.
  return statfsSync(path).type >>> 0;
}

/** The map of ids that the initial user namespace has: all of them, onto themselves. */
const IDENTITY = /^\s*0\s+0\s+4294967295\s*$/;

/** Whether a text of `/proc/self/uid_map` is that of a user namespace other than the initial one. */
export function isUserNamespaceMap(map: string): boolean {
  return map !== '' && !IDENTITY.test(map);
}

/** Whether this process runs in a user namespace of its own, where device nodes cannot be made. */
export function inUserNamespace(): boolean {
  try {
    return isUserNamespaceMap(readFileSync('/proc/self/uid_map', 'latin1'));
  } catch {
    // A kernel without user namespaces has no such file.
    return false;
  }
}

/** Whether overlay knows the mount option `index`. True only when its module is loaded or built in. */
export function overlayHasIndex(): boolean {
  return existsSync('/sys/module/overlay/parameters/index');
}

const DT_UNKNOWN = 0;

/**
 * Whether a directory's file system tells the type of an entry with its name, which overlay depends on. An entry of
 * the caller's choice must lie in it: some file systems know the types of `.` and `..` only.
 * @returns undefined when this machine cannot find out.
 * @throws a system error when the directory cannot be read.
 */
export function supportsDirectoryTypes(directory: string): boolean | undefined {
  try {
    return !directoryEntryTypes(directory).includes(DT_UNKNOWN);
  } catch (error) {
    if (error instanceof NotImplementedError) return undefined;
    throw error;
  }
}
