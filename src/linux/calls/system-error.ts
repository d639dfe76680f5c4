import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** An error of a system call, in the form that Node's own have. */
export interface SystemCallError extends Error {
  /** The symbolic name, such as `ENOENT`. */
  code: string;
  /** The number, negative as Node gives it. */
  errno: number;
  syscall: string;
  path?: string;
}

/** By number; of two names for one number the first wins. Includes those without a name in libuv, such as EDQUOT. */
const names: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

const EDQUOT_TEXT = 'disk quota exceeded';

/** The system's words for an error number, such as `no such file or directory`. */
export function describeErrno(errno: number): string {
  const known = getSystemErrorMap().get(-errno)?.[1];
  return known ?? (errno === constants.errno.EDQUOT ? EDQUOT_TEXT : `error ${errno}`);
}

/**
 * The error for a failed system call.
 * @param errno The positive number as the kernel gave it.
 */
export function systemCallError(syscall: string, errno: number, path?: string): SystemCallError {
  const code = names.get(errno) ?? `E${errno}`;
  const where = path === undefined ? '' : ` '${path}'`;
  const error = new Error(`${code}: ${describeErrno(errno)}, ${syscall}${where}`);
  return Object.assign(error, { code, errno: -errno, syscall, ...(path === undefined ? {} : { path }) });
}

/** Whether a thrown value is a system error with one of these symbolic names. */
export function hasErrno(thrown: unknown, ...codes: readonly string[]): boolean {
  if (!(thrown instanceof Error) || !('code' in thrown)) return false;
  return typeof thrown.code === 'string' && codes.includes(thrown.code);
}
