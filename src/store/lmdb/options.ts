import { type FaultPoints, noFaults } from '../../base/index.js';
import { InternalError } from '../../errors/index.js';
import type { WriteTransaction } from '../store.js';

/** A step from one layout of the records to a later one. */
export interface Migration {
  /** The format that it starts from. */
  readonly from: number;
  /** The format that it leads to; greater than `from`. */
  readonly to: number;
  /**
   * Rewrites the records. It runs in one write transaction, together with the note of the new format: after a crash
   * the store has the one format or the other. Tables that only a migration reads must be among the known tables.
   */
  readonly migrate: (tx: WriteTransaction) => void;
}

/** How to open an LMDB store. */
export interface LmdbStoreOptions {
  /** A directory for this store alone. It is made, for its owner only, when it is missing. */
  readonly path: string;
  /** Every table that will be used. A table that is left out cannot be read or written. */
  readonly tables: readonly { readonly name: string }[];
  /** The format of the records that this program writes. A new store gets it. Default: 1. */
  readonly formatVersion?: number;
  /** The steps from older formats; each is found by its `from`. Default: none. */
  readonly migrations?: readonly Migration[];
  /**
   * How much address space to reserve for the file at first, in bytes. It grows by itself, so that this only matters
   * to programs that limit their address space. Default: LMDB's own.
   */
  readonly mapSize?: number;
  /**
   * Whether a write is on disk when it resolves. False leaves that to the kernel, which is faster, for machines that are
   * thrown away after a crash: a power cut can then damage the whole store. A crash of the process loses nothing, and
   * closing the store puts everything on disk. Default true.
   */
  readonly durable?: boolean;
  /** Gives up the opening. Has no effect once the store is open. */
  readonly signal?: AbortSignal;
  /** Told when a write passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}

/** The options without gaps. */
export interface ResolvedOptions {
  readonly path: string;
  /** All tables, the store's own included. */
  readonly tableNames: readonly string[];
  readonly formatVersion: number;
  readonly migrations: readonly Migration[];
  readonly mapSize: number | undefined;
  readonly durable: boolean;
  readonly signal: AbortSignal | undefined;
  readonly faults: FaultPoints;
}

/**
 * Fills in the defaults.
 * @throws InternalError when two tables have the same name.
 */
export function resolveOptions(options: LmdbStoreOptions, ownTables: readonly string[]): ResolvedOptions {
  const {
    path,
    tables,
    formatVersion = 1,
    migrations = [],
    mapSize,
    durable = true,
    signal,
    faults = noFaults,
  } = options;
  const tableNames = [...tables.map(({ name }) => name), ...ownTables];
  const double = tableNames.find((name, index) => tableNames.indexOf(name) !== index);
  if (double !== undefined) throw new InternalError(`two tables of store ${path} are called "${double}"`);
  return { path, tableNames, formatVersion, migrations, mapSize, durable, signal, faults };
}
