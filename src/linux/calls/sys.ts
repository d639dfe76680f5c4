/**
 * System calls that Node has no function for, each with its error thrown in the form of Node's own. All are
 * synchronous: an uncontended one takes microseconds, a mount up to a millisecond.
 */
import { canCallSystem, type Libc, libc } from './libc.js';
import { systemCallError } from './system-error.js';

/** Flags of mount(2); include/uapi/linux/mount.h. */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  SYNCHRONOUS: 16,
  REMOUNT: 32,
  MANDLOCK: 64,
  DIRSYNC: 128,
  NOATIME: 1024,
  NODIRATIME: 2048,
  BIND: 4096,
  REC: 16384,
  RELATIME: 1 << 21,
  STRICTATIME: 1 << 24,
} as const;

/** Flags of umount2(2). */
export const UMOUNT = { DETACH: 2, NOFOLLOW: 8 } as const;

/** What mount(2) takes. */
export interface MountCall {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string;
}

/** Throws the error of the last call when its result is negative, and returns the result otherwise. */
export function checked(result: number | bigint, c: Libc, call: { readonly syscall: string; readonly path?: string }) {
  const errno = c.errno();
  if (result < 0) throw systemCallError(call.syscall, errno, call.path);
  return Number(result);
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** mount(2). @throws an error with `code`, `errno`, `syscall` and the target as `path`. */
export function mount(call: MountCall): void {
  const c = libc();
  const result = c.mount(call.source, call.target, orNull(call.type), call.flags, orNull(call.data));
  checked(result, c, { syscall: 'mount', path: call.target });
}

/** umount2(2). @throws an error with `code` EBUSY when in use, EINVAL when nothing is mounted there. */
export function umount(target: string, flags: number): void {
  const c = libc();
  checked(c.umount2(target, flags), c, { syscall: 'umount2', path: target });
}

/** Writes everything that the file system of an open file has in memory to its disk; blocks until it is there. */
export function syncFileSystem(fd: number): void {
  const c = libc();
  checked(c.syncfs(fd), c, { syscall: 'syncfs' });
}

/** SYNC_FILE_RANGE_WRITE; include/uapi/linux/fs.h. */
const SYNC_FILE_RANGE_WRITE = 2;

/**
 * Starts to write what an open file has in memory to the disk, without waiting. Never fails: a later fsync writes the rest, and
 * reports errors.
 */
export function startWriting(fd: number): void {
  if (canCallSystem()) libc().sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/** A path as C takes it, with a zero at its end. */
export function cString(path: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from(path), Buffer.of(0)]);
}

/**
 * ioctl(2).
 * @param argument A number that is passed as it is, or memory that the kernel reads and writes.
 * @param name What to call the request in an error.
 * @returns what the call returns, which is not negative.
 * @throws a system error.
 */
export function ioctl(fd: number, request: number, argument: number | bigint | Buffer, name: string): number {
  const c = libc();
  const type = Buffer.isBuffer(argument) ? 'void *' : 'uint64_t';
  return checked(c.ioctl(fd, request, type, argument), c, { syscall: `ioctl ${name}` });
}

/** How many threads of Node's pool may wait for a disk at the same time. */
const MAX_WAITING = 8;

const waiting: (() => void)[] = [];
let running = 0;

/** Does something in a thread of Node's pool when it is its turn. */
function inTurn(start: (done: () => void) => void): void {
  const run = () => {
    running += 1;
    start(() => {
      running -= 1;
      waiting.shift()?.();
    });
  };
  if (running < MAX_WAITING) run();
  else waiting.push(run);
}

/**
 * ioctl(2) in a thread of Node's pool, for requests that wait for the disk and only read their argument.
 * @throws a system error.
 */
export function ioctlLater(fd: number, request: number, argument: Buffer, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const c = libc();
    inTurn((done) =>
      c.ioctlLater(fd, request, argument, (errno) => {
        done();
        if (errno === 0) resolve();
        else reject(systemCallError(`ioctl ${name}`, errno));
      }),
    );
  });
}

/** Offset of `f_flag` in struct statvfs, and the size of that structure, on 64-bit glibc and musl. */
const STATVFS = { FLAG: 72, SIZE: 112 } as const;

/** Flags of statvfs(3) that a user namespace cannot take off a mount, with their twins in mount(2). */
const lockedFlags: readonly (readonly [number, number])[] = [
  [1, MS.RDONLY],
  [2, MS.NOSUID],
  [4, MS.NODEV],
  [8, MS.NOEXEC],
  [1024, MS.NOATIME],
  [2048, MS.NODIRATIME],
  [4096, MS.RELATIME],
];

/** The flags that a path is mounted with, as flags of mount(2). */
export function mountFlagsOf(path: string): number {
  const c = libc();
  const result = Buffer.alloc(STATVFS.SIZE);
  checked(c.statvfs(path, result), c, { syscall: 'statvfs', path });
  const bits = Number(result.readBigUInt64LE(STATVFS.FLAG));
  return lockedFlags.reduce((flags, [bit, flag]) => ((bits & bit) === 0 ? flags : flags | flag), 0);
}

/** The size of a memory page, which is as much as mount(2) takes as options. */
export function pageSize(): number {
  return libc().getpagesize();
}

/** Offset of `d_type` in struct dirent, on 64-bit glibc and musl. */
const DIRENT_TYPE = 18;

/**
 * The `d_type` of each entry of a directory, with those of `.` and `..`, as the file system gave them: 0 is DT_UNKNOWN.
 * Node cannot say, since it asks lstat(2) where the file system did not.
 */
export function directoryEntryTypes(path: string): number[] {
  const c = libc();
  const directory = c.opendir(path);
  if (directory === null) throw systemCallError('opendir', c.errno(), path);
  const types: number[] = [];
  try {
    for (let entry = c.readdir(directory); entry !== null; entry = c.readdir(directory)) {
      types.push(c.byteAt(entry, DIRENT_TYPE));
    }
  } finally {
    c.closedir(directory);
  }
  return types;
}
