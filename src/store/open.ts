import path from 'node:path';
import { type FaultPoints, noFaults } from '../base/index.js';
import { removeTemporaryDirectories } from './backup.js';
import { Checkpointer } from './checkpointer.js';
import { Connection } from './connection.js';
import { makeDirectory, sync } from './files.js';
import { GroupCommit } from './group-commit.js';
import { LogFile } from './log-file.js';
import { type Migration, migrate } from './migrate.js';
import { applicationId, databaseName, makeDatabase } from './new-database.js';
import { ownDirectory } from './owner.js';
import { Reader } from './reader.js';
import { Reserve } from './reserve.js';
import { replacedStores } from './restore.js';
import { Room } from './room.js';
import { explainAny, mayBeFull, type Place } from './sqlite-error.js';
import { SqliteStore } from './sqlite-store.js';
import type { Store } from './store.js';

/** How to open a store. */
export interface StoreOptions {
  /** A directory for this store alone. Made, for its owner only, when it is missing. */
  readonly directory: string;
  /** The schema, as the steps that lead to it. */
  readonly migrations: readonly Migration[];
  /**
   * Whether a write is on disk when it resolves. False leaves that to the kernel, for machines that are thrown away after a
   * crash: a power cut loses the last changes. A crash of the process loses nothing, and closing the store puts everything on
   * disk. Default: true.
   */
  readonly durable?: boolean;
  /** Told at the points at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
  /** Where backups are kept, so that an error about damage can name the newest. */
  readonly backups?: string;
  /** Called when a background task fails, since no caller waits for it. Default: nobody is told. */
  readonly errors?: (task: string, error: unknown) => void;
}

/**
 * Opens the store in a directory, and makes it when there is none. Only this process can use it until it is closed.
 *
 * Takes some milliseconds, whatever the size of the store. Everything that the last owner committed is there, even if it was killed.
 * @throws FailedPreconditionError when the store is in use, or its schema is newer than this program.
 * @throws DataLossError when the file is damaged, as far as its first pages tell; `Store.verify` reads all.
 * @throws ResourceExhaustedError when the disk is full.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { directory, migrations, durable = true, backups, faults = noFaults, errors = () => undefined } = options;
  const file = path.join(directory, databaseName);
  const place = { file, backups };
  const opened: (AsyncDisposable | Disposable)[] = [];
  const open = <T extends AsyncDisposable | Disposable>(part: T): T => {
    opened.unshift(part);
    return part;
  };
  try {
    await makeDirectory(directory);
    const owner = open(ownDirectory(directory));
    await removeTemporaryDirectories(directory);
    await makeDatabase(directory);
    const reserve = open(await Reserve.open(directory));
    const writer = open(await connectWithRoom(place, migrations, reserve));
    const log = open(await LogFile.open(file));
    // What a killed process had committed need not be on disk yet, and readers will see it.
    await log.sync();
    await sync(directory);
    const reader = open(new Reader(place));
    const room = new Room({ reserve, log, restart: (file) => checkpointer.restart(file) });
    const groups = new GroupCommit({ writer, reader, log, room, durable, faults, done: () => checkpointer.notice() });
    const between = groups.between.bind(groups);
    const checkpointer = new Checkpointer({ writer, reader, room, between, faults, errors });
    if ((await room.begin()) && durable) await log.preallocate();
    const restored = (await replacedStores(directory)).length > 0;
    return new SqliteStore({ owner, writer, reader, log, reserve, groups, checkpointer, faults, restored });
  } catch (error) {
    for (const part of opened) await dispose(part);
    throw explainAny(error, place);
  }
}

/** Connects; on a full disk with the help of the reserve. */
async function connectWithRoom(place: Place, migrations: readonly Migration[], reserve: Reserve): Promise<Connection> {
  try {
    return connect(place, migrations);
  } catch (error) {
    if (!mayBeFull(error)) throw error;
    await reserve.empty();
    return connect(place, migrations);
  }
}

function connect({ file, backups }: Place, migrations: readonly Migration[]): Connection {
  const writer = new Connection(file, { timeout: 1000, backups });
  try {
    migrate(writer, migrations);
    // The first write over an old log synchronises its header: better now than while calls wait.
    writer.pragma(`application_id = ${applicationId}`);
    return writer;
  } catch (error) {
    writer[Symbol.dispose]();
    throw error;
  }
}

async function dispose(part: AsyncDisposable | Disposable): Promise<void> {
  if (Symbol.asyncDispose in part) await part[Symbol.asyncDispose]();
  else part[Symbol.dispose]();
}
