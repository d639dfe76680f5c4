import { chmodSync, closeSync, lchownSync, lstatSync, mkdirSync, openSync, type Stats } from 'node:fs';
import { messageOf, systemErrorCode } from '../../../errors/index.js';
import type { FileProblem } from '../../../snapshots/index.js';

/** Something that must be there for a snapshot, and how. */
export interface Wanted {
  readonly path: string;
  readonly type: 'directory' | 'file';
  readonly missing: FileProblem['kind'];
  /** Exact mode; undefined where a container may set mode and owner. */
  readonly mode: number | undefined;
  /** The mode to make it with where empty is all that it can have been; undefined where something is lost. */
  readonly remake: number | undefined;
}

/** What lies at a path where something must be, or what is wrong with that. */
export function lookAt({ path, type, missing, remake }: Wanted): Stats | FileProblem {
  try {
    const stats = lstatSync(path);
    if (type === 'directory' ? stats.isDirectory() : stats.isFile()) return stats;
    return { kind: 'wrong-type', path, message: `it is no ${type}`, repairable: false };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'ENOTDIR') {
      return { kind: missing, path, message: 'it is not there', repairable: remake !== undefined };
    }
    return { kind: 'unreadable-file', path, message: messageOf(error), repairable: false };
  }
}

/** What is wrong with the mode and the owner of something that is there. @param place Whose owner it must have. */
export function attributeProblems({ path, mode }: Wanted, stats: Stats, place: string): FileProblem[] {
  if (mode === undefined) return [];
  const problems: FileProblem[] = [];
  const has = stats.mode & 0o7777;
  if (has !== mode) {
    const message = `it has the mode ${octal(has)} and was made with ${octal(mode)}`;
    problems.push({ kind: 'wrong-mode', path, message, repairable: true });
  }
  const owner = lstatSync(place);
  if (stats.uid !== owner.uid || stats.gid !== owner.gid) {
    const message = `it belongs to ${stats.uid}:${stats.gid} and must belong to ${owner.uid}:${owner.gid}`;
    problems.push({ kind: 'wrong-owner', path, message, repairable: true });
  }
  return problems;
}

/** Makes something again, empty, with its mode and the owner of a place. Does nothing where that would be a guess. */
export function remake({ path, type, remake: mode }: Wanted, place: string): void {
  if (mode === undefined) return;
  if (type === 'directory') mkdirSync(path, { mode });
  else closeSync(openSync(path, 'wx', mode));
  chmodSync(path, mode);
  giveToOwner(path, place);
}

/** Gives something to the owner of a place. */
export function giveToOwner(path: string, place: string): void {
  const { uid, gid } = lstatSync(place);
  lchownSync(path, uid, gid);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
