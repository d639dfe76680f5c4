import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { IdAllocator } from './ids.js';

async function open(t: TestContext) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  return temporary.store;
}

describe('IdAllocator', () => {
  it('begins with 1, and gives out each id once, in order', async (t) => {
    const ids = await IdAllocator.open({ store: await open(t) });
    assert.equal(ids.firstId, 1);
    const given = await Promise.all(Array.from({ length: 10_000 }, () => ids.next()));
    assert.deepEqual(
      given,
      Array.from({ length: 10_000 }, (_, index) => index + 1),
    );
  });

  it('gives none out again after a restart, nor to another snapshotter of the store', async (t) => {
    const store = await open(t);
    const one = await IdAllocator.open({ store });
    const two = await IdAllocator.open({ store });
    const given: number[] = [];
    for (let round = 0; round < 6000; round++) given.push(await one.next(), await two.next());
    const three = await IdAllocator.open({ store });
    given.push(await three.next());
    assert.equal(new Set(given).size, given.length);
    assert.ok(three.firstId > Math.max(...given.slice(0, -1)));
  });

  it('begins behind every id that there are files of', async (t) => {
    const store = await open(t);
    const ids = await IdAllocator.open({ store, above: 123_456 });
    assert.equal(await ids.next(), 123_457);
    assert.ok((await IdAllocator.open({ store })).firstId > 123_457);
  });
});
