/** The contract that every snapshotter keeps, over thin devices. Runs where there is a device mapper. */
import { describe, it } from 'node:test';
import { temporaryMount } from '../../linux/index.js';
import { GuardedSnapshotter, LocalSnapshotter, snapshotTables } from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { temporaryStore } from '../../testing/store.js';
import { noPools, testPool } from './driver.test.pool.js';
import { devmapperTables, openDevmapperDriver } from './index.js';

const MIB = 2 ** 20;
const reason = noPools();

if (reason === false) {
  testSnapshotter('devmapper', {
    async open(t) {
      const pool = await testPool(t);
      const temporary = await temporaryStore([...snapshotTables, ...devmapperTables]);
      t.after(() => temporary[Symbol.asyncDispose]());
      const { store } = temporary;
      const root = `${pool.directory}/root`;
      const driver = await openDevmapperDriver({ root, store, poolName: pool.name, baseImageSize: 48 * MIB });
      const local = await LocalSnapshotter.open({ name: 'devmapper', store, driver, syncRemove: true });
      return { snapshotter: new GuardedSnapshotter(local) };
    },
    mount: (mounts) => temporaryMount(mounts),
  });
} else {
  describe('devmapper keeps the snapshotter contract', () => {
    it('over a thin pool', { skip: reason }, () => undefined);
  });
}
