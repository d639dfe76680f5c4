/** The contract that every snapshotter keeps, over thin devices. Runs where there is a device mapper. */
import { describe, it } from 'node:test';
import { noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { temporaryMount } from '../../linux/index.js';
import { SnapshotService } from '../../snapshots/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { openRig } from './driver.test.rig.js';

const reason = noBreakableDisks();

if (reason === false) {
  testSnapshotter('devmapper', {
    open: async (t) => ({ snapshotter: new SnapshotService((await openRig(t)).snapshotter) }),
    mount: (mounts) => temporaryMount(mounts),
  });
} else {
  describe('devmapper keeps the snapshotter contract', () => {
    it('over a thin pool', { skip: reason }, () => undefined);
  });
}
