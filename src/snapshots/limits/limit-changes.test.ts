import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../../tests/support/memory-driver.js';
import { NotFoundError } from '../../errors/index.js';
import { labelsOf, limitsFromLabels, maxSizeLabel } from '../index.js';
import { MIB, onlySize, open, sized } from './limiter.test.rig.js';

describe('the limits of a snapshot in use', () => {
  it('change with the label, before it is recorded', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a' });
    await snapshotter.update({ name: 'a', labels: sized('2M'), fieldpaths: onlySize });
    assert.deepEqual(driver.limits.get('1'), { bytes: 2 * MIB });
    await snapshotter.update({ name: 'a', labels: labelsOf({ other: 'x' }), fieldpaths: ['labels.other'] });
    assert.deepEqual(driver.limits.get('1'), { bytes: 2 * MIB });
    driver.failures.set('limit', new Error('the disk is gone'));
    await assert.rejects(snapshotter.update({ name: 'a', labels: sized('9M'), fieldpaths: onlySize }));
    assert.equal((await snapshotter.stat('a')).labels.get(maxSizeLabel), '2M');
    driver.failures.clear();
    await snapshotter.update({ name: 'a', labels: labelsOf({}) });
    assert.deepEqual(driver.limits.get('1'), {});
    await snapshotter.commit({ key: 'a', name: 'layer' });
    await snapshotter.update({ name: 'layer', labels: sized('1K') });
    assert.deepEqual(driver.limits.get('1'), {});
    await assert.rejects(snapshotter.update({ name: 'gone', labels: sized('1M') }), NotFoundError);
  });

  it('are set back when the record is refused', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a', labels: sized('1M') });
    const gate = new Gate();
    driver.gates.set('limit', gate);
    const stop = new AbortController();
    const changing = snapshotter.update({ name: 'a', labels: sized('2M') }, { signal: stop.signal });
    await gate.reached;
    stop.abort();
    gate.open();
    await assert.rejects(changing);
    assert.deepEqual(driver.limits.get('1'), { bytes: MIB });
  });

  it('are as recorded after changes at the same time', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a' });
    const sizes = Array.from({ length: 20 }, (_, index) => `${index + 1}M`);
    const update = (size: string) => snapshotter.update({ name: 'a', labels: sized(size), fieldpaths: onlySize });
    await Promise.all(sizes.map(update));
    const recorded = limitsFromLabels((await snapshotter.stat('a')).labels);
    assert.deepEqual(driver.limits.get('1'), recorded);
  });

  it('are set to what is recorded after a crash in the middle of a change', async (t) => {
    const { driver, start, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a', labels: sized('1M') });
    await snapshotter.prepare({ key: 'b' });
    driver.limits.set('1', { bytes: 5 }).set('2', { bytes: 5 });
    await (await start()).cleanup();
    assert.deepEqual([...driver.limits.values()], [{ bytes: MIB }, {}]);
  });
});
