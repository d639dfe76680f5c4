import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../../tests/support/memory-driver.js';
import { testSnapshotter } from '../../testing/index.js';
import { SnapshotService } from '../index.js';
import { open } from './local-snapshotter.test.rig.js';

testSnapshotter('LocalSnapshotter over memory', {
  open: async (t) => ({ snapshotter: new SnapshotService((await open(t)).snapshotter) }),
  noMountReason: 'memory cannot be mounted',
});

describe('LocalSnapshotter', () => {
  it('never lets one call wait for the files of another', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'slow to seal' });
    for (const step of ['create', 'seal', 'usage', 'discard'] as const) {
      const gate = new Gate();
      driver.gates.set(step, gate);
      const slow = {
        create: () => snapshotter.prepare({ key: 'slow' }),
        seal: () => snapshotter.commit({ key: 'slow to seal', name: 'layer' }),
        usage: () => snapshotter.usage('slow'),
        discard: () => snapshotter.remove('slow').then(() => snapshotter.cleanup()),
      }[step]();
      await gate.reached;
      driver.gates.delete(step);
      await snapshotter.prepare({ key: `quick ${step}` });
      await snapshotter.commit({ key: `quick ${step}`, name: `layer ${step}` });
      await snapshotter.remove(`layer ${step}`);
      gate.open();
      await slow;
    }
  });

  it('never gives out an id twice, whatever was not recorded before a crash', async (t) => {
    const { driver, snapshotter, start } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    driver.files.add('2');
    const again = await start();
    await again.prepare({ key: 'after' });
    const ids = [...driver.created.keys()].map(Number);
    assert.equal(ids.length, 2);
    assert.ok((ids[1] ?? 0) > 4096, `${ids}`);
  });

  it('gives out more ids at once than one reservation holds', async (t) => {
    const { driver, snapshotter } = await open(t);
    const keys = Array.from({ length: 9_000 }, (_, n) => `k${n}`);
    await Promise.all(keys.map((key) => snapshotter.prepare({ key })));
    assert.equal(driver.files.size, keys.length);
  });

  it('shows the labels that the driver computes, and does not store them', async (t) => {
    const { snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    const shown = new Map([['containerd.io/snapshot/memory.id', '1']]);
    assert.deepEqual((await snapshotter.stat('k')).labels, shown);
    for await (const info of snapshotter.walk()) assert.deepEqual(info.labels, shown);
    const updated = await snapshotter.update({ name: 'k', labels: new Map() });
    assert.deepEqual(updated.labels, shown);
  });

  it('closes its driver', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.close();
    assert.equal(driver.closed, true);
  });
});
