/** What an entry says about its file beside its content. */
import { chmodSync, fchmodSync, fchownSync, lchownSync, lstatSync } from 'node:fs';
import { InvalidArgumentError } from '../../errors/index.js';
import {
  type FileTimes,
  hasErrno,
  listAttributes,
  removeAttribute,
  setAttribute,
  setTimes,
  setTimesOf,
  toBytes,
} from '../../linux/index.js';
import type { TarEntry } from '../tar/entry.js';

/** What a directory of a lower layer does not keep when a layer lists it: overlay shows the upper one's alone. */
const REPLACED_ATTRIBUTES = /^(user\.|system\.posix_acl_|security\.capability$)/;

/** As containerd sets them: a file was not changed after it was last read. */
export function timesOf({ mtimeNs, atimeNs = mtimeNs }: TarEntry): FileTimes {
  return { mtimeNs, atimeNs: atimeNs > mtimeNs ? atimeNs : mtimeNs };
}

/** Gives a path the owner and the attributes of an entry; see {@link applyMetadata}. */
export function applyOwner(at: Buffer, entry: TarEntry, dropped: readonly string[]): void {
  lchownSync(at, entry.uid, entry.gid);
  applyAttributes(at, entry, dropped);
}

/**
 * Gives a path the owner, the attributes, the mode and the times of an entry. The owner comes first: a change of it takes
 * set-id bits and capabilities away. Symbolic links are not followed.
 * @param dropped Attributes that begin with one of these are left out.
 */
export function applyMetadata(at: Buffer, entry: TarEntry, dropped: readonly string[]): void {
  applyOwner(at, entry, dropped);
  // A symbolic link has no mode of its own; a hard link may be one to such.
  const isSymlink = entry.type === 'symlink' || (entry.type === 'link' && lstatSync(at).isSymbolicLink());
  if (!isSymlink) chmodSync(at, entry.mode);
  setTimes(at, timesOf(entry));
}

/** The same for an open file. */
export function applyFileMetadata(fd: number, at: Buffer, entry: TarEntry, dropped: readonly string[]): void {
  fchownSync(fd, entry.uid, entry.gid);
  applyAttributes(at, entry, dropped);
  fchmodSync(fd, entry.mode);
  setTimesOf(fd, timesOf(entry));
}

/** Takes the attributes from a directory of a lower layer that are not its own any more. */
export function dropAttributes(at: Buffer): void {
  for (const name of listAttributes(at)) {
    if (REPLACED_ATTRIBUTES.test(name.toString('latin1'))) removeAttribute(at, name);
  }
}

/**
 * As containerd does, leaves out what the file system does not know, and what Linux keeps on files and directories alone.
 * @throws InvalidArgumentError for an attribute that no file can have; a system error.
 */
function applyAttributes(at: Buffer, { type, attributes }: TarEntry, dropped: readonly string[]): void {
  for (const [name, value] of attributes) {
    if (dropped.some((prefix) => name.startsWith(prefix))) continue;
    try {
      setAttribute(at, toBytes(name), value);
    } catch (error) {
      const onlyForFiles = name.startsWith('user.') && type !== 'file' && type !== 'directory';
      if (hasErrno(error, 'ENOTSUP', 'EOPNOTSUPP') || (onlyForFiles && hasErrno(error, 'EPERM'))) continue;
      if (!hasErrno(error, 'EINVAL', 'ERANGE', 'E2BIG')) throw error;
      throw new InvalidArgumentError(`attribute ${JSON.stringify(name)} cannot be set`, { cause: error });
    }
  }
}
