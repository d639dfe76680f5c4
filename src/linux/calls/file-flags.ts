/** Protection of files by the file system: against changes (chattr(1), `i`), and against unnoticed changes (fs-verity). */
import { closeSync, constants, openSync } from 'node:fs';
import { ioctl } from './sys.js';
import { hasErrno } from './system-error.js';

/** Requests of ioctl(2), on 64-bit machines; include/uapi/linux/fs.h and fsverity.h. */
const REQUEST = {
  GET_FLAGS: 0x80086601,
  SET_FLAGS: 0x40086602,
  ENABLE_VERITY: 0x40806685,
  MEASURE_VERITY: 0xc0046686,
} as const;

const IMMUTABLE = 0x10;

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
  withFile(path, (fd) => {
    // The kernel reads and writes an int, whatever the request says of its size.
    const flags = Buffer.alloc(8);
    ioctl(fd, REQUEST.GET_FLAGS, flags, 'FS_IOC_GETFLAGS');
    const before = flags.readUInt32LE();
    const after = immutable ? (before | IMMUTABLE) >>> 0 : (before & ~IMMUTABLE) >>> 0;
    if (after === before) return;
    flags.writeUInt32LE(after);
    ioctl(fd, REQUEST.SET_FLAGS, flags, 'FS_IOC_SETFLAGS');
  });
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
