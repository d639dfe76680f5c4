import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fromSystemError, systemErrorCode } from '../../errors/index.js';

/** A backup that was made by the schedule. */
export interface BackupFile {
  readonly path: string;
  /** When it was made, in milliseconds since 1970. */
  readonly made: number;
}

const PATTERN = /^records-(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z\.db$/;

/** What a backup that is made at a time is called. */
export function backupName(now: Date): string {
  return `records-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z.db`;
}

/**
 * The backups in a directory, newest first; other files are passed over.
 * @returns none when there is no such directory.
 */
export async function listBackups(directory: string): Promise<BackupFile[]> {
  const names = await namesIn(directory);
  const found = names.flatMap((name) => {
    const [, day, hour, minute, second] = PATTERN.exec(name) ?? [];
    const made = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
    return Number.isNaN(made) ? [] : [{ path: path.join(directory, name), made }];
  });
  return found.sort((a, b) => b.made - a.made);
}

/** Deletes all but the newest backups of a directory. @returns those that are left, newest first. */
export async function pruneBackups(directory: string, keep: number): Promise<BackupFile[]> {
  const all = await listBackups(directory);
  for (const { path: old } of all.slice(keep)) await rm(old, { force: true });
  return all.slice(0, keep);
}

/** When a file was last written, in milliseconds since 1970. */
export async function writtenAt(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    throw fromSystemError(error);
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw fromSystemError(error);
  }
}
