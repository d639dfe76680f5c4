import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { DataLossError, messageOf } from '../errors/index.js';

/** The error for a damaged database file; names the newest backup when the directory of backups is given. */
export function damaged(
  file: string,
  reason: string,
  options: { backups?: string | undefined; cause?: unknown } = {},
): DataLossError {
  const { backups, cause } = options;
  const advice = backups === undefined ? '' : `; ${adviceFrom(backups)}`;
  return new DataLossError(`store file ${file} is damaged: ${reason}${advice}`, { cause });
}

function adviceFrom(backups: string): string {
  try {
    const newest = newestIn(backups);
    if (newest === undefined) return `there is no backup in ${backups}`;
    return `the newest backup is ${newest}, see strata restore --help`;
  } catch (error) {
    return `the backups in ${backups} cannot be listed: ${messageOf(error)}`;
  }
}

function newestIn(directory: string): string | undefined {
  const files = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(directory, name))
    .map((file) => ({ file, written: statSync(file).mtimeMs }));
  return files.sort((a, b) => b.written - a.written)[0]?.file;
}
