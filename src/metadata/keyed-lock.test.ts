import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../tests/support/memory-driver.js';
import { KeyedLock } from './keyed-lock.js';

describe('KeyedLock', () => {
  it('lets one holder of a name at a time, in order, and others by', async () => {
    const lock = new KeyedLock();
    const gate = new Gate();
    const order: string[] = [];
    const first = lock.hold(['a', 'b'], async () => {
      await gate.pass();
      order.push('first');
    });
    const second = lock.hold(['b', 'a'], async () => void order.push('second'));
    const third = lock.hold(['a'], async () => void order.push('third'));
    await lock.hold(['c'], async () => void order.push('other'));
    gate.open();
    await Promise.all([first, second, third]);
    assert.deepEqual(order, ['other', 'first', 'second', 'third']);
  });

  it('is free again after a failure, and does not wait for itself', async () => {
    const lock = new KeyedLock();
    await assert.rejects(
      lock.hold(['a', 'a'], () => Promise.reject(new Error('failed'))),
      { message: 'failed' },
    );
    assert.equal(await lock.hold(['a'], async () => 1), 1);
  });
});
