import type { TestContext } from 'node:test';
import { engineNames, serveSnapshotters } from '../../../tests/support/grpc-server.js';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { LocalSnapshotter, SnapshotService, type Snapshotter } from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';

/** A client of a server in front of a snapshotter that keeps its files in memory. */
async function open(t: TestContext, engine: (typeof engineNames)[number]): Promise<Snapshotter> {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const { store } = temporary;
  const errors = { report: () => {} };
  const local = await LocalSnapshotter.open({ name: 'memory', store, driver: new MemoryDriver(), errors });
  const inner = new SnapshotService(local);
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
