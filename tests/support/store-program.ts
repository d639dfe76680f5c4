/**
 * The program that the tests of the store record: changes and reads a store, from several callers at once, until its log has been
 * copied so often. What it writes into the file of its second argument says what it is about to do and what is done: `begin`,
 * `will <number>`, `did <number>`, `end`, a line each.
 *
 *     node store-program.js <directory> <marks> <checkpoints>
 */
import { openSync, writeSync } from 'node:fs';
import { openStore, statement } from '../../src/store/index.js';

/** The schema: a number, and a text that follows from it. */
export const migrations = [
  { version: 1, sql: 'CREATE TABLE item (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
] as const;

/** What each number comes with; several pages. */
export function textOf(number: number): string {
  return `${number} `.repeat(700);
}

const callers = 16;
const add = statement('INSERT INTO item (number, text) VALUES (?, ?)');
const remove = statement('DELETE FROM item WHERE number = ?');
const last = statement<{ readonly number: number }>('SELECT max(number) AS number FROM item');

async function work([directory = '', marks = '', checkpoints = '']: readonly string[]): Promise<void> {
  const file = openSync(marks, 'w');
  let copied = 0;
  await using store = await openStore({
    directory,
    migrations,
    faults: {
      reach: (point) => {
        if (point === 'checkpoint.done') copied++;
      },
    },
    errors: (task, error) => {
      throw new Error(`cannot ${task}`, { cause: error });
    },
  });
  let next = 1;
  const caller = async () => {
    while (copied < Number(checkpoints)) {
      const number = next++;
      writeSync(file, `will ${number}\n`);
      // What is removed again in the same change must never be seen.
      await store.write((tx) => {
        tx.run(add, -number, 'never');
        tx.run(add, number, textOf(number));
        tx.run(remove, -number);
      });
      writeSync(file, `did ${number}\n`);
      store.read((tx) => tx.get(last));
    }
  };
  writeSync(file, 'begin\n');
  await Promise.all(Array.from({ length: callers }, caller));
  writeSync(file, 'end\n');
}

if (process.argv[1] === import.meta.filename) await work(process.argv.slice(2));
