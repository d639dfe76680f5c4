import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanceledError } from '../../errors/index.js';
import { Slots } from './slots.js';

describe('Slots', () => {
  it('lets so many at a time, and the others in their order', async () => {
    const slots = new Slots(2);
    const first = await slots.take();
    const second = await slots.take();
    const order: string[] = [];
    const later = ['a', 'b'].map(async (name) => {
      await using _slot = await slots.take();
      order.push(name);
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(order, []);
    await first[Symbol.asyncDispose]();
    await Promise.all(later);
    assert.deepEqual(order, ['a', 'b']);
    await second[Symbol.asyncDispose]();
  });

  it('lets go of who gives up while he waits, and forgets him', async () => {
    const slots = new Slots(1);
    const held = await slots.take();
    const abort = new AbortController();
    const waiting = slots.take(abort.signal);
    const next = slots.take();
    abort.abort();
    await assert.rejects(waiting, CanceledError);
    await assert.rejects(slots.take(AbortSignal.abort()), CanceledError);
    await held[Symbol.asyncDispose]();
    await (await next)[Symbol.asyncDispose]();
  });
});
