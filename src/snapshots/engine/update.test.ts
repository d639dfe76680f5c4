import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { labelsOf } from '../api/labels.js';
import { microsecondsOf } from '../api/time.js';
import { open } from './local-snapshotter.test.rig.js';

describe('Update', () => {
  it('changes labels and the time of the last update, which always grows, and nothing else', async (t) => {
    const { snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k', labels: labelsOf({ a: '1' }) });
    let before = await snapshotter.stat('k');
    for (let round = 0; round < 20; round++) {
      const labels = labelsOf({ a: String(round + 2) });
      const after = await snapshotter.update({ name: 'k', labels, fieldpaths: ['labels.a'] });
      assert.equal(after.labels.get('a'), String(round + 2));
      assert.ok(microsecondsOf(after.updated) > microsecondsOf(before.updated));
      assert.deepEqual(after.created, before.created);
      before = after;
    }
    assert.deepEqual(await snapshotter.stat('k'), before);
  });

  it('lets none of many changes at the same time be lost', async (t) => {
    const { snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k' });
    const keys = Array.from({ length: 50 }, (_, index) => `l${index}`);
    await Promise.all(
      keys.map((key) =>
        snapshotter.update({ name: 'k', labels: labelsOf({ [key]: 'x' }), fieldpaths: [`labels.${key}`] }),
      ),
    );
    const { labels } = await snapshotter.stat('k');
    assert.deepEqual(
      keys.filter((key) => labels.get(key) !== 'x'),
      [],
    );
  });

  it('changes nothing when it is refused', async (t) => {
    const { snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'k', labels: labelsOf({ a: '1' }) });
    const before = await snapshotter.stat('k');
    const labels = labelsOf({ a: '2' });
    await assert.rejects(snapshotter.update({ name: 'k', labels, fieldpaths: ['labels.a', 'kind'] }), {
      message: 'cannot update "kind" field on snapshot "k": invalid argument',
    });
    await assert.rejects(snapshotter.update({ name: 'nobody', labels }), {
      message: 'snapshot nobody does not exist: not found',
    });
    assert.deepEqual(await snapshotter.stat('k'), before);
  });
});
