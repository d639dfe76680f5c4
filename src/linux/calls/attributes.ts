/** Extended attributes. Names and values are bytes. Symbolic links are not followed. */
import { libc } from './libc.js';
import { checked, cString } from './sys.js';
import { hasErrno } from './system-error.js';

/** What a file system without extended attributes says. */
const UNSUPPORTED = ['ENOTSUP', 'EOPNOTSUPP'] as const;

/** The errors that a process without privileges gets for attributes that only privileged ones may set. */
const REFUSED = ['EPERM', 'EACCES'] as const;

/**
 * The value of an extended attribute; undefined when there is none.
 * @throws an error with `code` ENOTSUP when the file system has no such attributes.
 */
export function getAttribute(path: string | Buffer, name: string | Buffer): Buffer | undefined {
  const c = libc();
  const [file, key] = [cString(path), cString(name)];
  const call = { syscall: 'lgetxattr', path: String(path) };
  try {
    const size = checked(c.lgetxattr(file, key, null, 0), c, call);
    const value = Buffer.alloc(size);
    // An empty value has no address to write to; the first call said all.
    const read = size === 0 ? 0 : checked(c.lgetxattr(file, key, value, size), c, call);
    return value.subarray(0, read);
  } catch (error) {
    if (hasErrno(error, 'ENODATA')) return undefined;
    throw error;
  }
}

/** Sets an extended attribute. */
export function setAttribute(path: string | Buffer, name: string | Buffer, value: Buffer): void {
  const c = libc();
  const result = c.lsetxattr(cString(path), cString(name), value, value.length, 0);
  checked(result, c, { syscall: 'lsetxattr', path: String(path) });
}

/** Takes an extended attribute away. @throws an error with `code` ENODATA when there is none. */
export function removeAttribute(path: string | Buffer, name: string | Buffer): void {
  const c = libc();
  checked(c.lremovexattr(cString(path), cString(name)), c, { syscall: 'lremovexattr', path: String(path) });
}

/** The length of a file's list of attributes in bytes; 0 where there are none. */
function listLength(file: Buffer, path: string | Buffer): number {
  const c = libc();
  try {
    return checked(c.llistxattr(file, null, 0), c, { syscall: 'llistxattr', path: String(path) });
  } catch (error) {
    if (hasErrno(error, ...UNSUPPORTED)) return 0;
    throw error;
  }
}

/** The names of a file's attributes; none where the file system has no such thing. */
export function listAttributes(path: string | Buffer): Buffer[] {
  const file = cString(path);
  const length = listLength(file, path);
  if (length === 0) return [];
  const c = libc();
  const list = Buffer.alloc(length);
  const read = checked(c.llistxattr(file, list, length), c, { syscall: 'llistxattr', path: String(path) });
  return namesIn(list.subarray(0, read));
}

/** The names of a list, each with a zero behind it. */
function namesIn(list: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let start = 0; start < list.length; ) {
    const end = list.indexOf(0, start);
    names.push(list.subarray(start, end));
    start = end + 1;
  }
  return names;
}

/**
 * Gives one file the attributes of another, except those that its file system does not support, and those that only a
 * privileged process may set when this is none.
 * @throws a system error, ENOSPC for instance.
 */
export function copyAttributes(from: string | Buffer, to: string | Buffer): void {
  const tolerated = process.geteuid?.() === 0 ? UNSUPPORTED : [...UNSUPPORTED, ...REFUSED];
  for (const name of listAttributes(from)) {
    const value = getAttribute(from, name);
    if (value === undefined) continue;
    try {
      setAttribute(to, name, value);
    } catch (error) {
      if (!hasErrno(error, ...tolerated)) throw error;
    }
  }
}
