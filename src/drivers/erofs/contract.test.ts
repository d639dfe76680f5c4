import type { TestContext } from 'node:test';
import { newRoot, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { temporaryMount } from '../../linux/index.js';
import { LocalSnapshotter, SnapshotService, type Snapshotter } from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { type ErofsOptions, openErofsDriver } from './index.js';

const modes: readonly { readonly name: string; readonly options: Omit<ErofsOptions, 'root'> }[] = [
  { name: 'directories', options: {} },
  { name: 'block images', options: { defaultSize: 64 * 2 ** 20 } },
];

for (const { name, options } of modes) {
  const open = async (t: TestContext): Promise<Snapshotter> => {
    const { store, ...temporary } = await temporaryStore();
    t.after(() => temporary[Symbol.asyncDispose]());
    const driver = await openErofsDriver({ root: newRoot(t), ...options });
    return new SnapshotService(await LocalSnapshotter.open({ name: 'erofs', store, driver }));
  };
  testSnapshotter(`erofs with ${name}`, {
    open: async (t) => ({ snapshotter: await open(t) }),
    mount: (mounts) => temporaryMount(mounts),
    skip: whyNoErofs(),
  });
}
