import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DiscardQueue } from './discards.js';

function open() {
  const batches: (readonly string[])[] = [];
  const reported: string[] = [];
  const behaviour = { failing: new Set<string>(), attempts: 0, hold: Promise.resolve() };
  const discard = async (ids: readonly string[]): Promise<void> => {
    await behaviour.hold;
    behaviour.attempts++;
    const failing = ids.find((id) => behaviour.failing.has(id));
    if (failing !== undefined) throw new Error(`${failing} is busy`);
    batches.push(ids);
  };
  const counts: number[] = [];
  const queue: DiscardQueue = new DiscardQueue(
    { task: 'delete the files of snapshots', discard, onFailed: () => counts.push(queue.failed.size) },
    { report: (task) => reported.push(task) },
  );
  return { queue, batches, reported, counts, behaviour };
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

  it('reports what cannot be deleted, once, and deletes the others', async () => {
    const { queue, batches, reported, counts, behaviour } = open();
    behaviour.failing = new Set(['1', '3']);
    queue.add(['1', '2', '3', '4']);
    await queue.drain();
    assert.deepEqual(batches, [['2'], ['4']]);
    assert.deepEqual(reported, ['delete the files of snapshots 1, 3']);
    assert.deepEqual(Object.fromEntries(queue.failed), { 1: '1 is busy', 3: '3 is busy' });
    assert.equal(queue.has('1'), false, 'nobody is at work on it');
    behaviour.failing.delete('3');
    queue.add(['5']);
    await queue.drain();
    assert.deepEqual([...queue.failed.keys()], ['1']);
    assert.equal(reported.length, 1);
    behaviour.failing.clear();
    await queue.drain();
    assert.deepEqual(batches.flat().sort(), ['1', '2', '3', '4', '5']);
    assert.deepEqual(counts, [2, 1, 0]);
  });

  it('tries again what failed, after a while and ever more rarely', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { queue, behaviour, batches } = open();
    behaviour.failing.add('1');
    assert.equal(await queue.deleteNow(['1'], {}), 1);
    assert.equal(behaviour.attempts, 1);
    const attempts: number[] = [];
    for (let second = 1; second <= 20_000; second++) {
      const before = behaviour.attempts;
      t.mock.timers.tick(1000);
      await new Promise((resolve) => setImmediate(resolve));
      if (behaviour.attempts > before) attempts.push(second);
    }
    const waits = attempts.map((second, index) => second - (attempts[index - 1] ?? 0));
    assert.deepEqual(waits, [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600, 3600]);
    behaviour.failing.clear();
    t.mock.timers.tick(3_600_000);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(batches, [['1']]);
    await queue.close();
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
