/**
 * The program that `verify.ts` runs: reads every record of every database of the LMDB environment in the directory
 * that is its argument, and the list of free pages as far as a large write would. Changes nothing. Ends with 0 when
 * all could be read, after a line with the name of each database; with 1 and the reason as the last line of its
 * standard error when not; or by a signal, when LMDB stumbles over the damage.
 */
import { ABORT, open } from 'lmdb';
import { messageOf } from '../../errors/index.js';
import { type ByteRoot, byteEncoding } from './tables.js';

const maxDatabases = 1000;
const lowestKey = Buffer.of(0);

/** Large enough that LMDB goes through thousands of records of its list of free pages to find room. */
const probeBytes = 4 * 1024 * 1024;

function readRecords(root: ByteRoot): void {
  // The main database has the names of the others as its keys, ended by NUL.
  for (const key of [...root.getKeys({ start: lowestKey })]) {
    const name = Buffer.from(key).toString('utf8').replace(/\0$/, '');
    const database = root.openDB<Buffer, Uint8Array>({ name, ...byteEncoding });
    for (const _ of database.getRange({ start: lowestKey }));
    process.stdout.write(`${name}\n`);
  }
}

function readFreePages(root: ByteRoot): void {
  root.transactionSync(() => {
    root.putSync(lowestKey, Buffer.alloc(probeBytes));
    return ABORT;
  });
}

try {
  const root: ByteRoot = open<Buffer, Uint8Array>({
    path: process.argv[2] ?? '',
    noSubdir: false,
    ...byteEncoding,
    overlappingSync: false,
    maxDbs: maxDatabases,
  });
  readRecords(root);
  readFreePages(root);
} catch (error) {
  process.stderr.write(`\n${messageOf(error).replaceAll('\n', ' ')}\n`);
  process.exitCode = 1;
}
