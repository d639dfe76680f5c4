import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DataLossError, messageOf, systemErrorCode } from '../../errors/index.js';
import { type LoggedChange, readChanges } from './change-buffer.js';
import { dataFileName, readDataFileMeta, transactionOfMeta, writeDataFileMeta } from './data-file.js';
import { closeRoot, openRoot, syncDataFile } from './environment.js';
import { LogFile, type LogPosition, logFileBytes, logFileName, offsetOf } from './log-file.js';
import { blockBytes, blocksFor, decodeHead, headCount, type LogHead, openRecord } from './log-format.js';
import type { ByteRoot } from './tables.js';
import { byteEncoding } from './tables.js';

/** What the log of a store that nobody has open says. */
export interface FoundLog {
  readonly head: LogHead;
  /** All changes since the last checkpoint, oldest first; none when the store was closed. */
  readonly changes: readonly LoggedChange[];
  /** Behind the last record. */
  readonly end: LogPosition;
}

/**
 * Reads the log of a store.
 * @returns undefined when there is none: the store is new, or was never written with one.
 * @throws DataLossError when it is damaged.
 */
export async function readLog(directory: string): Promise<FoundLog | undefined> {
  const file = path.join(directory, logFileName);
  const bytes = await readIfThere(file);
  if (bytes === undefined) return undefined;
  const head = newestHead(bytes);
  if (head === undefined || bytes.length < logFileBytes(head.blocks)) {
    throw new DataLossError(`store file ${file} is damaged: it has no head that is whole`);
  }
  if (head.state === 'closed') return { head, changes: [], end: head };
  try {
    return { head, ...readRecords(bytes, head) };
  } catch (cause) {
    throw new DataLossError(`store file ${file} is damaged: ${messageOf(cause)}`, { cause });
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function newestHead(bytes: Buffer): LogHead | undefined {
  let newest: LogHead | undefined;
  for (let place = 0; place < headCount; place++) {
    const head = decodeHead(bytes.subarray(place * blockBytes, (place + 1) * blockBytes));
    if (head !== undefined && head.generation > (newest?.generation ?? 0)) newest = head;
  }
  return newest;
}

/** The records from the head's place on, up to the first that is not there as a whole: that one nobody was told of. */
function readRecords(bytes: Buffer, head: LogHead): Omit<FoundLog, 'head'> {
  const changes: LoggedChange[] = [];
  let { block, sequence } = head;
  for (;;) {
    const found =
      recordAt(bytes, { block, sequence }, head) ?? recordAt(bytes, nextRound({ block, sequence }, head), head);
    if (found === undefined) return { changes, end: { block, sequence } };
    changes.push(...readChanges(found.changes));
    block = found.end;
    sequence += 1;
  }
}

/** A record for which the ring was too short at its end. */
function nextRound({ block, sequence }: LogPosition, { blocks }: LogHead): LogPosition {
  return { block: Math.ceil(block / blocks) * blocks, sequence };
}

function recordAt(bytes: Buffer, { block, sequence }: LogPosition, { blocks, salt }: LogHead) {
  const offset = offsetOf(block, blocks);
  const changes = openRecord(bytes.subarray(offset, logFileBytes(blocks)), sequence, salt);
  if (changes === undefined) return undefined;
  return { changes, end: block + blocksFor(changes.byteOffset - bytes.byteOffset + changes.length - offset) };
}

/**
 * Takes the data file back to its last checkpoint, of which all pages are on disk: what else lies in it may be there by
 * halves. To be done before LMDB or anybody else looks at the file; {@link replay} must follow. May be repeated.
 * @throws DataLossError when the log does not belong to the data file.
 */
export async function rewindDataFile(directory: string, { head }: FoundLog): Promise<void> {
  const file = path.join(directory, dataFileName);
  await using handle = await open(file, 'r+');
  const newest = readDataFileMeta(handle.fd, file);
  if (newest.transaction < transactionOfMeta(head.meta)) {
    throw new DataLossError(`store file ${file} is older than its log; put both back, or restore a backup`);
  }
  await writeDataFileMeta(handle, newest.pageSize, head.meta);
  await handle.sync();
}

/**
 * Makes the changes of the log again, in one transaction, and closes the log. A crash on the way leaves the store as it
 * was before.
 * @returns what the log says then.
 */
export async function replay(directory: string, { head, changes, end }: FoundLog): Promise<LogHead> {
  const names = [...new Set(changes.map(({ table }) => table))];
  const root = openRoot({ path: directory, tableNames: names, mapSize: undefined });
  try {
    // The pages of the checkpoint must stay, in case that this is interrupted.
    const view = root.useReadTransaction();
    try {
      makeAgain(root, names, changes);
    } finally {
      view.done();
    }
  } finally {
    await closeRoot(root);
  }
  return closeLog(directory, head, end);
}

function makeAgain(root: ByteRoot, names: readonly string[], changes: readonly LoggedChange[]): void {
  const tables = new Map(names.map((name) => [name, root.openDB<Buffer, Uint8Array>({ name, ...byteEncoding })]));
  root.transactionSync(() => {
    for (const { table, key, value } of changes) {
      const database = tables.get(table);
      if (value === undefined) database?.removeSync(key);
      else database?.putSync(key, value);
    }
  });
}

async function closeLog(directory: string, head: LogHead, end: LogPosition): Promise<LogHead> {
  await syncDataFile(directory);
  const log = await LogFile.open(directory, head);
  try {
    return await log.note('closed', head.meta, end);
  } finally {
    await log.close();
  }
}
