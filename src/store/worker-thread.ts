/** The module of the threads of `worker.ts`. */
import { truncateSync } from 'node:fs';
import { takeRequests, toPlainError } from '../base/index.js';
import { problemsOf } from './checks.js';
import { Connection } from './connection.js';
import { applicationId } from './new-database.js';
import { mayBeFull } from './sqlite-error.js';
import { statement } from './statement.js';
import type { MaintenanceTask, Problems, Task, TaskResult } from './tasks.js';

const checkpoint = statement<{ readonly busy: number; readonly log: number; readonly checkpointed: number }>(
  'PRAGMA wal_checkpoint(PASSIVE)',
);

async function perform({ file, what }: Task): Promise<TaskResult> {
  using connection = new Connection(file, { timeout: 1000 });
  if (typeof what === 'object' && 'query' in what) {
    connection.pragma('query_only = ON');
    return { rows: connection.all(statement(what.query), what.parameters) };
  }
  return { problems: await maintain(connection, what) };
}

async function maintain(connection: Connection, what: MaintenanceTask): Promise<Problems> {
  if (what === 'verify') return problemsOf(connection);
  if (what === 'checkpoint') copyLog(connection);
  else if (what === 'restart') restartLog(connection);
  else if ('restartWith' in what) restartLog(connection, what.restartWith);
  else {
    await connection.copyTo(what.copyTo);
    using copy = new Connection(what.copyTo, { timeout: 0, journal: 'DELETE' });
    return problemsOf(copy);
  }
  return [];
}

/** @returns whether all of it is copied. */
function copyLog(connection: Connection): boolean {
  const { busy, log, checkpointed } = connection.get(checkpoint) ?? { busy: 1, log: 0, checkpointed: 0 };
  return busy === 0 && log === checkpointed;
}

/**
 * Copies all of the log, and writes something: the first write after that starts the log from its beginning and
 * synchronises its header, and so that happens in this thread. It writes a value that is there already.
 */
function restartLog(connection: Connection, reserve?: string): void {
  if (copyWith(connection, reserve)) connection.pragma(`application_id = ${applicationId}`);
}

function copyWith(connection: Connection, reserve: string | undefined): boolean {
  try {
    return copyLog(connection);
  } catch (error) {
    if (reserve === undefined || !mayBeFull(error)) throw error;
    // Nobody else is to be quicker.
    truncateSync(reserve);
    return copyLog(connection);
  }
}

takeRequests<Task, TaskResult>(async ({ id, input }, reply) => {
  try {
    reply({ id, output: await perform(input) });
  } catch (error) {
    // SQLite's own error has the code from which the other side chooses the class.
    reply({ id, error: toPlainError(error instanceof Error ? (error.cause ?? error) : error) });
  }
});
