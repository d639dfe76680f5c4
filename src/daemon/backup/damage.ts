import { DataLossError, messageOf } from '../../errors/index.js';
import { listBackups } from './backup-files.js';

/** Adds to the error about a damaged store what can be done: which backup is the newest, and how to take it back. */
export async function withNewestBackup(error: DataLossError, directory: string): Promise<DataLossError> {
  const advice = await adviceFor(directory);
  return new DataLossError(`${error.context}; ${advice}`, { cause: error });
}

async function adviceFor(directory: string): Promise<string> {
  try {
    const [newest] = await listBackups(directory);
    if (newest === undefined) return `there is no backup in ${directory}`;
    return `the newest backup is ${newest.path}, see strata restore --help`;
  } catch (error) {
    return `the backups in ${directory} cannot be listed: ${messageOf(error)}`;
  }
}
