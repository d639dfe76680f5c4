/** Protection of files by the file system: against changes (chattr(1), `i`), and against unnoticed changes (fs-verity). */
import { closeSync, constants, fstatSync, openSync, renameSync } from 'node:fs';
import { canCallSystem } from './libc.js';
import { ioctl } from './sys.js';
import { hasErrno } from './system-error.js';
import { O_PATH, pathOfDescriptor } from './tree-paths.js';

/** Requests of ioctl(2), on 64-bit machines; include/uapi/linux/fs.h and fsverity.h. */
const REQUEST = {
  GET_FLAGS: 0x80086601,
  SET_FLAGS: 0x40086602,
  ENABLE_VERITY: 0x40806685,
  MEASURE_VERITY: 0xc0046686,
} as const;

const IMMUTABLE = 0x10;
const APPEND_ONLY = 0x20;

/** struct fsverity_enable_arg: version, hash algorithm, block size, 32 bits each; no salt, no signature. */
const VERITY = { SIZE: 128, VERSION: 1, SHA256: 1, BLOCK_SIZE: 4096 } as const;

function withFile<T>(path: string, use: (fd: number) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a file immutable, or changeable again: while it is immutable nobody can write, rename or delete it.
 * @throws a system error: ENOTTY or EOPNOTSUPP when the file system has no such thing, EPERM without privileges.
 */
export function setImmutable(path: string, immutable: boolean): void {
  withFile(path, (fd) => changeFlags(fd, (flags) => (immutable ? flags | IMMUTABLE : flags & ~IMMUTABLE)));
}

/** @returns whether that changed anything. */
function changeFlags(fd: number, change: (flags: number) => number): boolean {
  // The kernel reads and writes an int, whatever the request says of its size.
  const flags = Buffer.alloc(8);
  ioctl(fd, REQUEST.GET_FLAGS, flags, 'FS_IOC_GETFLAGS');
  const before = flags.readUInt32LE();
  const after = change(before) >>> 0;
  if (after === before) return false;
  flags.writeUInt32LE(after);
  ioctl(fd, REQUEST.SET_FLAGS, flags, 'FS_IOC_SETFLAGS');
  return true;
}

/**
 * Takes off what chattr(1) keeps a file or a directory with, `i` and `a`, so that it can be deleted, or things in it. Opens
 * no symbolic link, no device and no pipe.
 * @returns whether it had any; false as well where that cannot be told or changed.
 */
export function clearProtection(path: string | Buffer): boolean {
  if (!canCallSystem()) return false;
  try {
    const place = openSync(path, O_PATH | constants.O_NOFOLLOW);
    try {
      return clearProtectionOfOpen(place);
    } finally {
      closeSync(place);
    }
  } catch {
    // Whoever could not delete it has an error that says more.
    return false;
  }
}

/** @param place Open as a place only, so that it is the same file whose kind was asked for. */
function clearProtectionOfOpen(place: number): boolean {
  const stats = fstatSync(place);
  if (!stats.isFile() && !stats.isDirectory()) return false;
  const fd = openSync(pathOfDescriptor(place), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return changeFlags(fd, (flags) => flags & ~(IMMUTABLE | APPEND_ONLY));
  } finally {
    closeSync(fd);
  }
}

/** rename(2), also of what chattr(1) protects: that loses its protection. @throws a system error. */
export function renameProtected(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!hasErrno(error, 'EPERM') || !clearProtection(from)) throw error;
    renameSync(from, to);
  }
}

/**
 * Has the kernel check each block of a file against a tree of SHA-256 hashes whenever it is read, from now on; the file
 * can no longer be written, only deleted (Documentation/filesystems/fsverity.rst). Reads the whole file.
 * @throws a system error: ENOTTY or EOPNOTSUPP when the kernel or the file system has no fs-verity, ETXTBSY when the file
 * is open for writing.
 */
export function enableVerity(path: string): void {
  withFile(path, (fd) => {
    const argument = Buffer.alloc(VERITY.SIZE);
    [VERITY.VERSION, VERITY.SHA256, VERITY.BLOCK_SIZE].forEach((value, index) => {
      argument.writeUInt32LE(value, index * 4);
    });
    ioctl(fd, REQUEST.ENABLE_VERITY, argument, 'FS_IOC_ENABLE_VERITY');
  });
}

/** struct fsverity_digest: hash algorithm and size of the digest, 16 bits each, and the digest. */
const DIGEST = { SIZE_AT: 2, AT: 4, MOST: 64 } as const;

/**
 * The digest by which the kernel checks a file, in hexadecimal digits; undefined for a file that it does not check. Costs
 * the same for every file.
 * @throws a system error.
 */
export function verityDigest(path: string): string | undefined {
  const digest = Buffer.alloc(DIGEST.AT + DIGEST.MOST);
  digest.writeUInt16LE(DIGEST.MOST, DIGEST.SIZE_AT);
  try {
    withFile(path, (fd) => ioctl(fd, REQUEST.MEASURE_VERITY, digest, 'FS_IOC_MEASURE_VERITY'));
  } catch (error) {
    if (hasErrno(error, 'ENODATA', 'ENOTTY', 'EOPNOTSUPP', 'ENOTSUP')) return undefined;
    throw error;
  }
  return digest.toString('hex', DIGEST.AT, DIGEST.AT + digest.readUInt16LE(DIGEST.SIZE_AT));
}
