import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from './failure.js';
import { labelList, parseLabels, rootLabel } from './labels.js';

describe('labels on a command line', () => {
  it('are split at the first equals sign, and may be empty', () => {
    assert.deepEqual(
      [...parseLabels(['a=1', 'b=x=y', 'c='])],
      [
        ['a', '1'],
        ['b', 'x=y'],
        ['c', ''],
      ],
    );
  });

  it('are none, or the last of those with one key', () => {
    assert.deepEqual([...parseLabels([])], []);
    assert.deepEqual([...parseLabels(['a=1', 'a=2'])], [['a', '2']]);
  });

  for (const wrong of ['a', '', '=1', '=']) {
    it(`are not ${JSON.stringify(wrong)}`, () => {
      assert.throws(
        () => parseLabels(['a=1', wrong]),
        new UsageError(`label ${JSON.stringify(wrong)}: want <key>=<value>`),
      );
    });
  }
});

describe('labels for people', () => {
  it('are in order', () =>
    assert.deepEqual(
      labelList(
        new Map([
          ['b', ''],
          ['a', '1'],
        ]),
      ),
      ['a=1', 'b='],
    ));
});

describe('the label that keeps a snapshot', () => {
  it('has the time in whole seconds, as ctr writes it', () => {
    const label = rootLabel(new Date('2026-07-31T12:00:00.987Z'), undefined);
    assert.deepEqual([...label], [['containerd.io/gc.root', '2026-07-31T12:00:00Z']]);
  });

  it('is not set on what comes under a lease', () => {
    assert.equal(rootLabel(new Date(), 'l').size, 0);
  });
});
