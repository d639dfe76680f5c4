import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanceledError } from '../../errors/index.js';
import { labelsOf } from '../api/labels.js';
import { open } from './local-snapshotter.test.rig.js';

describe('a walk', () => {
  it('comes in pages, none empty, whatever the filter leaves of them', async (t) => {
    const { snapshotter } = await open(t);
    const keys = Array.from({ length: 600 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => snapshotter.prepare({ key })));
    const seen: string[] = [];
    let pages = 0;
    for await (const page of snapshotter.walkPages({ filters: ['name~=[05]$'] }, {})) {
      assert.ok(page.length > 0);
      pages++;
      seen.push(...page.map(({ name }) => name));
    }
    assert.ok(pages > 1);
    assert.deepEqual(
      seen,
      keys.filter((key) => /[05]$/.test(key)),
    );
  });

  it('leaves out what was removed after an index named it', async (t) => {
    const { snapshotter } = await open(t);
    const labels = labelsOf({ mine: 'x' });
    const keys = Array.from({ length: 400 }, (_, index) => `k${String(index).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => snapshotter.prepare({ key, labels })));
    const seen: string[] = [];
    for await (const { name } of snapshotter.walk({ filters: ['labels.mine'] })) {
      if (seen.push(name) === 1) await snapshotter.remove('k0399');
    }
    assert.deepEqual(seen, keys.slice(0, -1));
  });

  it('does not begin with a filter that cannot be read, or for a call that is aborted', async (t) => {
    const { snapshotter } = await open(t);
    await assert.rejects(
      snapshotter
        .walk({ filters: ['name=='] })
        [Symbol.asyncIterator]()
        .next(),
      {
        message: /^filters: parse error/,
      },
    );
    const aborted = { signal: AbortSignal.abort() };
    await assert.rejects(snapshotter.walk({}, aborted)[Symbol.asyncIterator]().next(), CanceledError);
  });
});
