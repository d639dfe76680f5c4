import { FailedPreconditionError, InternalError } from '../errors/index.js';
import type { Connection } from './connection.js';
import { refuseForeign } from './new-database.js';

/** A step from the schema of the previous version to that of `version`. */
export interface Migration {
  /** The first is 1, each one more than the one before it. */
  readonly version: number;
  /** Any number of statements. */
  readonly sql: string;
}

/**
 * Brings the schema to the version of the last migration, one transaction for each step. The result is not on disk yet.
 * @returns whether anything had to be done.
 * @throws FailedPreconditionError when the file has a newer schema; DataLossError when it is another program's.
 */
export function migrate(writer: Connection, migrations: readonly Migration[]): boolean {
  refuseForeign(writer);
  const found = Number(writer.pragma('user_version'));
  const wanted = migrations.length;
  const misplaced = migrations.find(({ version }, index) => version !== index + 1);
  if (misplaced !== undefined) throw new InternalError(`migration to version ${misplaced.version} is out of its order`);
  if (found > wanted) {
    throw new FailedPreconditionError(
      `store ${writer.file} has version ${found} of its schema, this program knows up to ${wanted}`,
    );
  }
  const steps = migrations.slice(found);
  for (const { version, sql } of steps) {
    writer.execute('BEGIN IMMEDIATE');
    try {
      writer.execute(sql);
      writer.pragma(`user_version = ${version}`);
      writer.execute('COMMIT');
    } catch (error) {
      if (writer.inTransaction) writer.execute('ROLLBACK');
      throw error;
    }
  }
  return steps.length > 0;
}
