/** What SQLite can store, as JavaScript has it. Integers come back as numbers; those beyond 2^53 lose their last digits. */
export type SqlValue = string | number | bigint | Uint8Array | null;

declare const row: unique symbol;

/** One SQL statement, prepared once for each connection at its first use. */
export interface Statement<Row> {
  readonly sql: string;
  /** Only for the compiler: what a row of its result looks like. */
  readonly [row]?: Row;
}

/**
 * Names a statement and the type of its rows. Call it once, at the top of a module: each value that it returns is prepared
 * separately.
 */
export function statement<Row extends object = Record<string, never>>(sql: string): Statement<Row> {
  return { sql };
}
