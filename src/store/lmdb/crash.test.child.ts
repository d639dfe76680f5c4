/**
 * The process that `crash.test.ts` kills: writes to the store in the directory that is its first argument, from many
 * callers at once, until it is killed. The second argument is `durable` or not. Each change takes the next number, notes it in two tables and is told to the
 * parent, one number in a line, when it has been acknowledged. Every third change fails after it has written.
 */

import { left, right } from './crash.test.tables.js';
import { openLmdbStore } from './open.js';

const callers = 16;

const store = await openLmdbStore({
  path: process.argv[2] ?? '',
  tables: [left, right],
  durable: process.argv[3] === 'durable',
});
let next = store.read((tx) => [...tx.range(left)].length);

async function write(): Promise<void> {
  const number = next++;
  const fails = number % 3 === 0;
  try {
    await store.write((tx) => {
      tx.put(left, [number], 'x'.repeat((number * 37) % 3000));
      if (fails) tx.put(left, [-1 + Number.MAX_SAFE_INTEGER], 'failed');
      tx.put(right, [`${number}`], number);
      if (fails) throw new Error('undone');
    });
    process.stdout.write(`${number}\n`);
  } catch (error) {
    if (!fails) throw error;
  }
}

await Promise.all(
  Array.from({ length: callers }, async () => {
    for (;;) await write();
  }),
);
