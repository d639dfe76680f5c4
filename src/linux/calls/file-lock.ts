/** Locks between processes on a file or a directory (flock(2)), which go with the process that holds them. */
import { closeSync, constants, openSync } from 'node:fs';
import { libc } from './libc.js';
import { pause } from './pause.js';
import { checked } from './sys.js';
import { hasErrno } from './system-error.js';

/** include/uapi/asm-generic/fcntl.h */
const LOCK = { EXCLUSIVE: 2, NO_WAIT: 4 } as const;

const PAUSE_MS = 10;

/**
 * Waits until no other caller has a file or a directory locked, and holds it until it is disposed. Nothing is held
 * where the file system has no locks, and of what this process may not open or does not exist: whatever it is locked for
 * says so better.
 * @throws a system error when the file cannot be opened for another reason.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted while it waits.
 */
export async function lockFile(path: string, signal?: AbortSignal): Promise<Disposable> {
  const fd = openIfThere(path);
  if (fd === undefined) return { [Symbol.dispose]() {} };
  try {
    // Not in a call that waits: the holder may be this very process, which has to go on.
    while (!takes(fd)) await pause(PAUSE_MS, signal);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function takes(fd: number): boolean {
  const c = libc();
  try {
    checked(c.flock(fd, LOCK.EXCLUSIVE | LOCK.NO_WAIT), c, { syscall: 'flock' });
    return true;
  } catch (error) {
    if (hasErrno(error, 'EAGAIN', 'EWOULDBLOCK')) return false;
    if (hasErrno(error, 'ENOLCK', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL')) return true;
    throw error;
  }
}
