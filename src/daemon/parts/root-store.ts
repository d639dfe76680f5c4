import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { devmapperSchema } from '../../drivers/index.js';
import { FailedPreconditionError, fromSystemError, NotFoundError, systemErrorCode } from '../../errors/index.js';
import { imagesSchema } from '../../images/index.js';
import { holdsSchema, leasesSchema, snapshotsSchema } from '../../snapshots/index.js';
import { databaseName, type Migration, openStore, type Store, type StoreOptions } from '../../store/index.js';

/** Choices that belong to the root as a whole. */
const rootSchema = `
-- What was decided for this root, by name: 'snapshotter' is the one that serves whoever names none.
CREATE TABLE root_choices (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** The schema of the store of a root, as the steps that lead to it. */
export const rootMigrations: readonly Migration[] = [
  { version: 1, sql: [snapshotsSchema, devmapperSchema, rootSchema].join('\n') },
  { version: 2, sql: leasesSchema },
  { version: 3, sql: [holdsSchema, imagesSchema].join('\n') },
];

/** Where the store of a root lies: the directory of the plugin. */
export function storeDirectory(root: string): string {
  return join(root, 'io.strata.store.v1.sqlite');
}

/**
 * Refuses a root whose records are in LMDB, as those of the first Strata are.
 * @throws FailedPreconditionError
 */
export function refuseOldRoot(root: string): void {
  const old = join(root, 'io.strata.store.v1.lmdb');
  if (!existsSync(old)) return;
  throw new FailedPreconditionError(
    `root ${root} has its records in LMDB (${old}), which this version cannot read: use the version that made it, or move the root away and start with an empty one`,
  );
}

/**
 * Opens the store that a root has, which no daemon serves.
 * @throws NotFoundError when the root has none; PermissionDeniedError when this user may not see them; and as `openStore` and `refuseOldRoot`.
 */
export async function openRootStore(root: string, options: Pick<StoreOptions, 'backups'> = {}): Promise<Store> {
  refuseOldRoot(root);
  const directory = storeDirectory(root);
  requireRecords(root, join(directory, databaseName));
  return await openStore({ directory, migrations: rootMigrations, ...options });
}

/** Looks, instead of asking whether the file exists: in a directory of another user nobody can tell. */
function requireRecords(root: string, file: string): void {
  try {
    statSync(file);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT')
      throw fromSystemError(error, `cannot read the records of the root ${root}`);
    const text = existsSync(root) ? `the root ${root} has no records: ${file}` : `the root ${root} does not exist`;
    throw new NotFoundError(text, { cause: error });
  }
}
