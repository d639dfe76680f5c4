/**
 * The process that opens a damaged store for `pages.ts`: reads everything, writes something, and says what came of it:
 * `works`, `refused` when it could not be opened, `lost` when something in it could not be read or written.
 */

import { DataLossError, StrataError } from '../../src/index.js';
import { openLmdbStore } from '../../src/store/index.js';
import { pageTables, texts } from './page-tables.js';

process.on('unhandledRejection', () => {});
try {
  const store = await openLmdbStore({ path: process.argv[2] ?? '', tables: pageTables });
  try {
    store.read((tx) => [...tx.range(texts)].length);
    await store.write((tx) => tx.put(texts, ['new', 1], 'x'.repeat(3000)));
    await store.close();
    process.stdout.write('works\n');
  } catch (error) {
    if (!(error instanceof StrataError)) throw error;
    process.stdout.write(`lost: ${error.message}\n`);
    process.exit(0);
  }
} catch (error) {
  if (!(error instanceof DataLossError)) throw error;
  process.stdout.write(`refused: ${error.message}\n`);
}
