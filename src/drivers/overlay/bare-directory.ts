import { chmodSync, lchownSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { systemErrorCode } from '../../errors/index.js';
import { canCallSystem, hasAttributes, setTimes } from '../../linux/index.js';

/** All that there is of a directory in which nothing is and that has no extended attributes. */
export interface BareDirectory {
  /** The permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** When something in it last changed, in nanoseconds since 1970; not negative. */
  readonly mtimeNs: bigint;
}

/**
 * What an empty directory is like, if no more is to be said of it; undefined when something is in it, when it has
 * extended attributes, or when nobody can tell. Takes some ten microseconds.
 * @throws a system error when there is no such directory, or it cannot be read.
 */
export function bareDirectory(path: string): BareDirectory | undefined {
  const stats = lstatSync(path, { bigint: true });
  const isPlain = stats.isDirectory() && stats.mtimeNs >= 0n && canCallSystem() && !hasAttributes(path);
  if (!isPlain || readdirSync(path).length > 0) return undefined;
  return { mode: Number(stats.mode & 0o7777n), uid: Number(stats.uid), gid: Number(stats.gid), mtimeNs: stats.mtimeNs };
}

/** Whether there is an empty directory that is like this in everything. */
export function isBareDirectory(path: string, { mode, uid, gid, mtimeNs }: BareDirectory): boolean {
  try {
    const is = bareDirectory(path);
    return is?.mode === mode && is.uid === uid && is.gid === gid && is.mtimeNs === mtimeNs;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes an empty directory that is like this where there is nothing. @throws a system error, EPERM for instance. */
export function makeBareDirectory(path: string, { mode, uid, gid, mtimeNs }: BareDirectory): void {
  mkdirSync(path, { mode: 0o700 });
  lchownSync(path, uid, gid);
  // A change of the owner can take setuid and setgid away.
  chmodSync(path, mode);
  setTimes(Buffer.from(path), { atimeNs: mtimeNs, mtimeNs });
}
