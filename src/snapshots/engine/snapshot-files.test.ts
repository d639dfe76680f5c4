import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../../tests/support/memory-driver.js';
import { open } from './local-snapshotter.test.rig.js';

describe('the files of snapshots', () => {
  it('cleans up what has no record, and nothing else', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    for (const stray of ['2', '0', '01', '1e0', 'new-12', '99999999999999999999', '-1', '1.0']) driver.files.add(stray);
    const gate = new Gate();
    driver.gates.set('create', gate);
    const staging = snapshotter.prepare({ key: 'staged' });
    await gate.reached;
    driver.files.add('2');
    await snapshotter.cleanup();
    assert.deepEqual([...driver.files], ['1', '2']);
    driver.files.delete('2');
    gate.open();
    await staging;
  });
});
