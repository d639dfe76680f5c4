/**
 * The process that opens a damaged store for `store-files.ts`: reads everything, changes something, and says what came of
 * it: `works`, `refused` when it could not be opened, `lost` when something in it could not be read or changed.
 */
import { DataLossError, StrataError } from '../../src/index.js';
import { LocalSnapshotter } from '../../src/snapshots/index.js';
import { MemoryDriver } from '../support/memory-driver.js';
import { openStoreAt } from '../support/store.js';

try {
  const store = await openStoreAt(process.argv[2] ?? '');
  try {
    const snapshotter = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver() });
    for await (const { name } of snapshotter.walk()) await snapshotter.mounts(name).catch(refuseOthers);
    await snapshotter.prepare({ key: 'new', labels: new Map([['a', 'x'.repeat(3000)]]) });
    await snapshotter.remove('new');
    await store.verify();
    await store.close();
    process.stdout.write('works\n');
  } catch (error) {
    refuseOthers(error);
    process.stdout.write(`lost: ${String(error)}\n`);
    process.exit(0);
  }
} catch (error) {
  if (!(error instanceof DataLossError)) throw error;
  process.stdout.write(`refused: ${error.message}\n`);
}

function refuseOthers(error: unknown): void {
  if (!(error instanceof StrataError)) throw error;
}
