/** System calls on files that Node has no function for; see `sys.ts`. All block the thread that makes them. */
import { constants, openSync } from 'node:fs';
import { NotImplementedError } from '../../errors/index.js';
import { libc } from './libc.js';
import { checked, cString, ioctl } from './sys.js';
import { hasErrno, systemCallError } from './system-error.js';
import { pathOfDescriptor, toBytes } from './tree-paths.js';

/** Requests of ioctl(2); include/uapi/linux/fs.h. */
const FICLONE = 0x40049409;

/** Arguments of lseek(2). */
const SEEK = { DATA: 3, HOLE: 4 } as const;

/** The errors of a file system that cannot share blocks, or not these (ioctl_ficlone(2)). */
const CANNOT_CLONE = ['EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'EXDEV', 'EINVAL', 'ENOSYS', 'ETXTBSY'] as const;

/** The same of copy_file_range(2). */
const CANNOT_COPY = ['ENOSYS', 'EXDEV', 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'ETXTBSY'] as const;

/**
 * Gives an open empty file the content of another, on blocks that both share until one is written to (a reflink). Takes
 * microseconds whatever the size, holes included.
 * @returns false when the file system cannot; then nothing has happened.
 * @throws a system error, ENOSPC for instance.
 */
export function cloneFile(from: number, to: number): boolean {
  try {
    ioctl(to, FICLONE, from, 'FICLONE');
    return true;
  } catch (error) {
    if (hasErrno(error, ...CANNOT_CLONE)) return false;
    throw error;
  }
}

/** Where in an open file bytes have to be copied: up to its end, what lies between is a hole. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The next part of an open file, from an offset on, that is no hole; undefined when there is none. Where the file system does
 * not tell holes, all that follows is one part. Moves the file's position.
 * @throws a system error.
 */
export function nextData(fd: number, offset: number, size: number): DataRange | undefined {
  if (offset >= size) return undefined;
  const start = seek(fd, offset, SEEK.DATA);
  if (start === 'unknown') return { start: offset, end: size };
  if (start === 'nothing' || start >= size) return undefined;
  const end = seek(fd, start, SEEK.HOLE);
  return { start, end: typeof end === 'number' ? Math.min(end, size) : size };
}

function seek(fd: number, offset: number, whence: number): number | 'nothing' | 'unknown' {
  const c = libc();
  try {
    return checked(c.lseek(fd, offset, whence), c, { syscall: 'lseek' });
  } catch (error) {
    if (hasErrno(error, 'ENXIO')) return 'nothing';
    if (hasErrno(error, 'EINVAL', 'EOPNOTSUPP', 'ENOTSUP')) return 'unknown';
    throw error;
  }
}

/** Which bytes of an open file go to the same place of another. */
export interface RangeCopy {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Copies bytes between two open files inside the kernel (copy_file_range(2)).
 * @returns how many, 0 at the end of the file; undefined when the kernel cannot copy between these two.
 * @throws a system error.
 */
export function copyRange({ from, to, offset, length }: RangeCopy): number | undefined {
  const c = libc();
  const [at, into] = [Buffer.alloc(8), Buffer.alloc(8)];
  at.writeBigInt64LE(BigInt(offset));
  into.writeBigInt64LE(BigInt(offset));
  try {
    return checked(c.copyFileRange(from, at, to, into, length), c, { syscall: 'copy_file_range' });
  } catch (error) {
    if (hasErrno(error, ...CANNOT_COPY)) return undefined;
    throw error;
  }
}

/** Times of a file in nanoseconds since 1970; may be negative. */
export interface FileTimes {
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
}

const AT = { FDCWD: -100, SYMLINK_NOFOLLOW: 0x100 } as const;
const NANOSECONDS = 1_000_000_000n;

/** Two struct timespec, on 64-bit machines. */
function timespecs({ atimeNs, mtimeNs }: FileTimes): Buffer {
  const result = Buffer.alloc(32);
  for (const [at, time] of [
    [0, atimeNs],
    [16, mtimeNs],
  ] as const) {
    const nanoseconds = ((time % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
    result.writeBigInt64LE((time - nanoseconds) / NANOSECONDS, at);
    result.writeBigInt64LE(nanoseconds, at + 8);
  }
  return result;
}

/** Sets the times of a file to the nanosecond, where Node stops at the microsecond. Symbolic links are not followed. */
export function setTimes(path: Buffer, times: FileTimes): void {
  const c = libc();
  const result = c.utimensat(AT.FDCWD, cString(path), timespecs(times), AT.SYMLINK_NOFOLLOW);
  checked(result, c, { syscall: 'utimensat', path: String(path) });
}

/** The same for an open file. */
export function setTimesOf(fd: number, times: FileTimes): void {
  const c = libc();
  checked(c.futimens(fd, timespecs(times)), c, { syscall: 'futimens' });
}

/** The numbers of mknodat(2). The function of that name is none that every C library has. */
const MKNODAT: Readonly<Record<string, number>> = {
  x64: 259,
  arm64: 33,
  riscv64: 33,
  loong64: 33,
  ppc64: 288,
  s390x: 290,
};

/**
 * Makes a device, a fifo or a socket.
 * @param mode The type and the permissions, less the umask.
 * @param device What stat(2) says of one like it.
 */
export function makeNode(path: Buffer, mode: number, device: number): void {
  const number = MKNODAT[process.arch];
  if (number === undefined) throw new NotImplementedError(`making device nodes on ${process.arch}`);
  const c = libc();
  const place = ['int', AT.FDCWD, 'void *', cString(path)];
  const result = c.syscall(number, ...place, 'unsigned int', mode, 'unsigned int', device);
  checked(result, c, { syscall: 'mknodat', path: String(path) });
}

/** openat2(2), its struct open_how, and two of its rules. */
const OPENAT2 = { CALL: 437, SIZE: 24, RESOLVE: 16, NO_SYMLINKS: 0x04, BENEATH: 0x08 } as const;

/** Node sets it itself in its own calls. */
const O_CLOEXEC = 0o2000000;

/**
 * Opens a directory for reading by its path below an open one, not passing a symbolic link anywhere on the way, so that
 * a process that changes the tree meanwhile cannot lead out of it. Before Linux 5.6 only the last step is checked.
 * @param path A binary string.
 * @throws a system error, ELOOP for a symbolic link.
 */
export function openDirectoryBelow(fd: number, path: string): number {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  if (path === '') return openSync(pathOfDescriptor(fd), constants.O_RDONLY | constants.O_DIRECTORY);
  const c = libc();
  const how = Buffer.alloc(OPENAT2.SIZE);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC));
  how.writeBigUInt64LE(BigInt(OPENAT2.NO_SYMLINKS | OPENAT2.BENEATH), OPENAT2.RESOLVE);
  const name = ['void *', cString(toBytes(path))];
  const result = c.syscall(OPENAT2.CALL, 'int', fd, ...name, 'void *', how, 'size_t', how.length);
  const errno = c.errno();
  if (result >= 0) return Number(result);
  const error = systemCallError('openat2', errno, `${pathOfDescriptor(fd)}/${path}`);
  if (error.code !== 'ENOSYS') throw error;
  return openSync(toBytes(`${pathOfDescriptor(fd)}/${path}`), flags);
}
