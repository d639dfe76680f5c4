import type { Connection } from './connection.js';
import { isDamage } from './sqlite-error.js';
import { statement } from './statement.js';

/** The most problems that are returned; a damaged page can have thousands. */
const most = 100;

const integrity = statement<{ readonly integrity_check: string }>(`PRAGMA integrity_check(${most})`);
const foreignKeys = statement<{ readonly table: string; readonly rowid: number | null; readonly parent: string }>(
  'PRAGMA foreign_key_check',
);

/** Reads all pages and rows of a database, and gives what is wrong with them: nothing when it is sound. */
export function problemsOf(connection: Connection): string[] {
  try {
    const broken = connection.all(integrity).map((row) => row.integrity_check);
    if (broken.length !== 1 || broken[0] !== 'ok') return broken;
    return connection
      .all(foreignKeys)
      .slice(0, most)
      .map(
        ({ table, rowid, parent }) => `row ${rowid ?? '?'} of ${table} refers to a row that ${parent} does not have`,
      );
  } catch (error) {
    if (!isDamage(error)) throw error;
    return [error instanceof Error ? error.message : String(error)];
  }
}
