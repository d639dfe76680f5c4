// The store: looking records up, listing them, and writing them, each write durable.
import { defineTable, openLmdbStore, textCodec } from '#strata/store/index.js';

/** @typedef {import('./measure.mjs').Subject} Subject */

const group = 'store';
const records = 10_000;
const page = 100;
const together = 64;

const table = defineTable({
  name: 'micro',
  shape: /** @type {const} */ (['string', 'string', 'string']),
  codec: textCodec,
});

/** @param {number} number @returns {readonly [string, string, string]} */
const keyOf = (number) => ['default', 'overlayfs', `sha256:${String(number).padStart(8, '0')}`];

/**
 * Over a new store in a directory; the second function closes it.
 * @param {string} directory
 * @returns {Promise<{ subjects: readonly Subject[], close: () => Promise<void> }>}
 */
export async function storeSubjects(directory) {
  const store = await openLmdbStore({ path: directory, tables: [table] });
  await store.write((tx) => {
    for (let number = 0; number < records; number += 1) tx.put(table, keyOf(number), `value ${number}`);
  });
  let next = 0;
  const number = () => {
    next = (next + 7919) % records;
    return next;
  };
  const write = () => store.write((tx) => tx.put(table, keyOf(number()), `value ${next}`));
  return {
    subjects: [
      { group, name: 'get', run: () => store.read((tx) => tx.get(table, keyOf(number()))) },
      { group, name: 'get what is not there', run: () => store.read((tx) => tx.get(table, keyOf(records + number()))) },
      {
        group,
        name: `list ${page}, each`,
        per: page,
        run: () => store.read((tx) => [...tx.range(table, { after: keyOf(number()), limit: page })]),
      },
      { group, name: 'write, one after the other', run: write },
      {
        group,
        name: `write, ${together} at a time, each`,
        per: together,
        run: () => Promise.all(Array.from({ length: together }, write)),
      },
    ],
    close: () => store.close(),
  };
}
