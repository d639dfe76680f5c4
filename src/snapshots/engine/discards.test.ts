import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DiscardQueue } from './discards.js';

function open() {
  const batches: (readonly string[])[] = [];
  const reported: string[] = [];
  const behaviour = { fail: false, hold: Promise.resolve() };
  const discard = async (ids: readonly string[]): Promise<void> => {
    await behaviour.hold;
    if (behaviour.fail) throw new Error('busy');
    batches.push(ids);
  };
  const queue = new DiscardQueue(
    { task: 'delete the files of snapshots', discard },
    { report: (task) => reported.push(task) },
  );
  return { queue, batches, reported, behaviour };
}

describe('DiscardQueue', () => {
  it('gathers what is removed one after the other, and deletes it in batches', async () => {
    const { queue, batches } = open();
    for (let id = 1; id <= 100; id++) {
      queue.add([String(id)]);
      await Promise.resolve();
    }
    assert.deepEqual(batches, [], 'nothing is deleted while removals come');
    assert.ok(queue.has('1') && queue.has('100'));
    await queue.drain();
    assert.deepEqual(
      batches.map(({ length }) => length),
      [64, 36],
    );
    assert.equal(queue.has('1'), false);
  });

  it('begins by itself when no more are removed', async () => {
    const { queue, batches } = open();
    queue.add(['1']);
    while (batches.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(batches, [['1']]);
    queue.add(['2']);
    await queue.drain();
    assert.deepEqual(batches, [['1'], ['2']]);
  });

  it('reports what cannot be deleted, and goes on', async () => {
    const { queue, batches, reported, behaviour } = open();
    behaviour.fail = true;
    queue.add(['1', '2']);
    await queue.drain();
    assert.deepEqual(reported, ['delete the files of snapshots 1, 2']);
    behaviour.fail = false;
    queue.add(['3']);
    await queue.drain();
    assert.deepEqual(batches, [['3']]);
  });

  it('stops when it is closed, without a word about what is left', async () => {
    const { queue, batches, reported, behaviour } = open();
    const { promise, resolve } = Promise.withResolvers<void>();
    behaviour.hold = promise;
    queue.add(Array.from({ length: 70 }, (_, index) => String(index)));
    const drained = queue.drain();
    const closed = queue.close();
    resolve();
    await Promise.all([drained, closed]);
    queue.add(['late']);
    await queue.drain();
    assert.ok(batches.length <= 1);
    assert.deepEqual(reported, []);
  });
});
