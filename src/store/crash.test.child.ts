/**
 * The process that `crash.test.ts` kills: changes the store in the directory that is its first argument, from many callers at
 * once, until it is killed; at a point, if its second argument names one. Each change takes the next number, writes two rows and is told to the parent,
 * one number in a line, when it has been acknowledged. Every third change fails after it has written.
 */
import { dieAt } from '../../tests/support/die-at.js';
import { keysOf, open, sql } from './store.test.rig.js';

const [, , directory = '', point = ''] = process.argv;
const callers = 16;
const store = await open(directory, { faults: dieAt(point) });
let next = keysOf(store).length * 2;

async function change(): Promise<void> {
  const number = next++;
  const fails = number % 3 === 0;
  try {
    await store.write((tx) => {
      // Large enough for a checkpoint now and then.
      const key = `${number}`.padEnd(2000, ' x');
      tx.run(sql.add, key, number);
      tx.run(sql.label, key, 'label');
      if (fails) throw new Error('undone');
    });
    process.stdout.write(`${number}\n`);
  } catch (error) {
    if (!fails) throw error;
  }
}

await Promise.all(
  Array.from({ length: callers }, async () => {
    for (;;) await change();
  }),
);
