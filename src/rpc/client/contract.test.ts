import type { TestContext } from 'node:test';
import { GuardedSnapshotter, LocalSnapshotter, type Snapshotter, snapshotTables } from '../../snapshots/index.js';
import { engineNames, serveSnapshotters } from '../../testing/grpc-server.js';
import { testSnapshotter } from '../../testing/index.js';
import { MemoryDriver } from '../../testing/memory-driver.js';
import { temporaryStore } from '../../testing/store.js';

/** A client of a server in front of a snapshotter that keeps its files in memory. */
async function open(t: TestContext, engine: (typeof engineNames)[number]): Promise<Snapshotter> {
  const temporary = await temporaryStore(snapshotTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  const { store } = temporary;
  const errors = { report: () => {} };
  const local = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver(), errors });
  const inner = new GuardedSnapshotter(local);
  const served = await serveSnapshotters({ memory: inner }, { engine });
  t.after(async () => {
    await served[Symbol.asyncDispose]();
    await inner.close();
  });
  return served.connect().snapshotter('memory');
}

for (const engine of engineNames) {
  testSnapshotter(`a snapshotter over gRPC on ${engine}`, {
    open: async (t) => ({ snapshotter: await open(t, engine) }),
    noMountReason: 'memory cannot be mounted',
  });
}
