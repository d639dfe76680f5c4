/**
 * The C library, loaded on first need: the one module that touches native code. Whatever does not call into it works
 * on a machine where the native addon cannot be loaded.
 */
import { createRequire } from 'node:module';
import { messageOf, NotImplementedError } from '../../errors/index.js';
import { systemCallError } from './system-error.js';

/** An address in native memory; null for none. */
export type Pointer = object | bigint | null;

/** Reading directories; not every C library has these two. */
export interface DirectoryCalls {
  /** Fills memory with entries, by getdents64(2). @returns how many bytes; 0 at the end. @throws a system error. */
  getdents64(fd: number, into: Buffer, path: string): number;
  /** statx(2). */
  statx(directory: number, path: Buffer, flags: number, mask: number, into: Buffer): number;
  /** As in {@link Libc}. */
  errno(): number;
}

/** What is used of the C library. Strings are NUL-terminated UTF-8; results are those of C, with the error in `errno`. */
export interface Libc {
  mount(source: string | null, target: string, type: string | null, flags: number, data: string | null): number;
  umount2(target: string, flags: number): number;
  unshare(flags: number): number;
  /** _exit(2). */
  exit(status: number): void;
  chdir(path: string): number;
  flock(fd: number, operation: number): number;
  syncfs(fd: number): number;
  /** The same in a thread of Node's pool, with the error, if any, as its number. */
  syncfsLater(fd: number, done: (errno: number) => void): void;
  sync_file_range(fd: number, offset: number, bytes: number, flags: number): number;
  lgetxattr(path: Buffer, name: Buffer, value: Buffer | null, size: number): number | bigint;
  llistxattr(path: Buffer, list: Buffer | null, size: number): number | bigint;
  lsetxattr(path: Buffer, name: Buffer, value: Buffer, size: number, flags: number): number;
  lremovexattr(path: Buffer, name: Buffer): number;
  lseek(fd: number, offset: number, whence: number): number | bigint;
  /** The offsets are 64-bit numbers in memory. */
  copyFileRange(from: number, at: Buffer, to: number, into: Buffer, length: number): number | bigint;
  /** The times are two struct timespec. */
  utimensat(directory: number, path: Buffer, times: Buffer, flags: number): number;
  futimens(fd: number, times: Buffer): number;
  statvfs(path: string, result: Buffer): number;
  getpagesize(): number;
  opendir(path: string): Pointer;
  readdir(directory: Pointer): Pointer;
  closedir(directory: Pointer): number;
  /** Undefined where the library lacks one of them. */
  readonly directories: DirectoryCalls | undefined;
  /** ioctl(2): behind the request, if anything, comes a pair of a C type and a value. A Buffer is read and written. */
  ioctl(fd: number, request: number, ...typedArgument: readonly unknown[]): number;
  /** The same with memory that the kernel reads and writes, in a thread of Node's pool; the error, if any, as its number. */
  ioctlLater(fd: number, request: number, argument: Buffer, done: (errno: number) => void): void;
  /** open_by_handle_at(2). */
  openByHandle(mount: number, handle: Buffer, flags: number): number;
  /** syscall(2): after the number come pairs of a C type and a value. */
  syscall(number: number, ...typedArguments: readonly unknown[]): number | bigint;
  socket(domain: number, type: number, protocol: number): number;
  /** The address is a struct sockaddr. */
  sendto(fd: number, message: Buffer, bytes: number, flags: number, to: Buffer, size: number): number | bigint;
  /** The byte at an offset of an address. */
  byteAt(address: Pointer, offset: number): number;
  /** The error of the last call on this thread; to be read at once. */
  errno(): number;
}

type Koffi = typeof import('koffi');

function bindDirectories(koffi: Koffi, library: ReturnType<Koffi['load']>): DirectoryCalls | undefined {
  try {
    const getdents64 = library.func('int64_t getdents64(int, uint8_t *, size_t)');
    return {
      getdents64(fd, into, path) {
        const bytes = Number(getdents64(fd, into, into.length));
        if (bytes < 0) throw systemCallError('getdents64', koffi.errno(), path);
        return bytes;
      },
      statx: library.func('int statx(int, const uint8_t *, int, unsigned int, uint8_t *)'),
      errno: () => koffi.errno(),
    };
  } catch {
    return undefined;
  }
}

function bind(koffi: Koffi): Libc {
  // The running process has the C library loaded already, whatever its file is called (glibc, musl).
  const library = koffi.load(null);
  const syncfs = library.func('int syncfs(int)');
  const ioctl = library.func('int ioctl(int, unsigned long, _Inout_ uint8_t *)');
  const copyFileRange = library.func(
    'int64_t copy_file_range(int, const uint8_t *, int, const uint8_t *, size_t, unsigned int)',
  );
  return {
    mount: library.func('int mount(const char *, const char *, const char *, unsigned long, const char *)'),
    umount2: library.func('int umount2(const char *, int)'),
    unshare: library.func('int unshare(int)'),
    exit: library.func('void _exit(int)'),
    chdir: library.func('int chdir(const char *)'),
    flock: library.func('int flock(int, int)'),
    syncfs,
    syncfsLater: (fd, done) =>
      syncfs.async(fd, (failure: unknown, result: number) => {
        done(failure === null && result === 0 ? 0 : koffi.errno());
      }),
    sync_file_range: library.func('int sync_file_range(int, int64_t, int64_t, unsigned int)'),
    lgetxattr: library.func('int64_t lgetxattr(const uint8_t *, const uint8_t *, _Out_ uint8_t *, size_t)'),
    llistxattr: library.func('int64_t llistxattr(const uint8_t *, _Out_ uint8_t *, size_t)'),
    lsetxattr: library.func('int lsetxattr(const uint8_t *, const uint8_t *, const uint8_t *, size_t, int)'),
    lremovexattr: library.func('int lremovexattr(const uint8_t *, const uint8_t *)'),
    lseek: library.func('int64_t lseek(int, int64_t, int)'),
    copyFileRange: (from, at, to, into, length) => copyFileRange(from, at, to, into, length, 0),
    utimensat: library.func('int utimensat(int, const uint8_t *, const uint8_t *, int)'),
    futimens: library.func('int futimens(int, const uint8_t *)'),
    statvfs: library.func('int statvfs(const char *, _Out_ uint8_t *)'),
    getpagesize: library.func('int getpagesize()'),
    opendir: library.func('void *opendir(const char *)'),
    readdir: library.func('void *readdir(void *)'),
    closedir: library.func('int closedir(void *)'),
    directories: bindDirectories(koffi, library),
    ioctl: library.func('int ioctl(int, unsigned long, ...)'),
    ioctlLater: (fd, request, argument, done) =>
      ioctl.async(fd, request, argument, (failure: unknown, result: number) => {
        done(failure === null && result >= 0 ? 0 : koffi.errno());
      }),
    openByHandle: library.func('int open_by_handle_at(int, const uint8_t *, int)'),
    syscall: library.func('long syscall(long, ...)'),
    socket: library.func('int socket(int, int, int)'),
    sendto: library.func('int64_t sendto(int, const uint8_t *, size_t, int, const uint8_t *, unsigned int)'),
    byteAt: (address, offset) => Number(koffi.decode(address, offset, 'uint8_t')),
    errno: () => koffi.errno(),
  };
}

let loaded: Libc | { readonly failure: unknown } | undefined;

function load(): Libc | { readonly failure: unknown } {
  try {
    const koffi: Koffi = createRequire(import.meta.url)('koffi');
    return bind(koffi);
  } catch (failure) {
    return { failure };
  }
}

/**
 * The C library. The first call takes about 10 ms, later ones nothing.
 * @throws NotImplementedError when the native addon cannot be loaded here.
 */
export function libc(): Libc {
  loaded ??= load();
  if ('failure' in loaded) {
    throw new NotImplementedError('cannot load the addon for system calls', { cause: loaded.failure });
  }
  return loaded;
}

/** Whether the native addon can be loaded here, for callers that can do without it. */
export function canCallSystem(): boolean {
  loaded ??= load();
  return !('failure' in loaded);
}

/** Why system calls cannot be made; undefined when the native addon can be loaded here. */
export function addonProblem(): string | undefined {
  loaded ??= load();
  return 'failure' in loaded ? messageOf(loaded.failure) : undefined;
}

/** The calls that list a directory; undefined where only Node's own functions can be used. */
export function directoryCalls(): DirectoryCalls | undefined {
  return canCallSystem() ? libc().directories : undefined;
}
