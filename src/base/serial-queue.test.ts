import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SerialQueue } from './serial-queue.js';

/** Work that ends when it is told to. */
function piece(log: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const work = async (): Promise<string> => {
    log.push(`${name} begins`);
    try {
      return await promise;
    } finally {
      log.push(`${name} ends`);
    }
  };
  return { work, end: () => resolve(name), fail: () => reject(new Error(name)) };
}

describe('SerialQueue', () => {
  it('runs the work of one name in the order in which it came, and gives its result', async () => {
    const log: string[] = [];
    const queue = new SerialQueue();
    const [one, two] = [piece(log, 'one'), piece(log, 'two')];
    const results = Promise.all([queue.run('a', one.work), queue.run('a', two.work)]);
    two.end();
    one.end();
    assert.deepEqual(await results, ['one', 'two']);
    assert.deepEqual(log, ['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it('lets no name wait for another', async () => {
    const log: string[] = [];
    const queue = new SerialQueue();
    const [slow, quick] = [piece(log, 'slow'), piece(log, 'quick')];
    const waiting = queue.run('a', slow.work);
    quick.end();
    assert.equal(await queue.run('b', quick.work), 'quick');
    slow.end();
    await waiting;
  });

  it('goes on after work that failed, which only its caller is told', async () => {
    const log: string[] = [];
    const queue = new SerialQueue();
    const [bad, good] = [piece(log, 'bad'), piece(log, 'good')];
    const failing = queue.run('a', bad.work);
    const working = queue.run('a', good.work);
    bad.fail();
    good.end();
    await assert.rejects(failing, /bad/);
    assert.equal(await working, 'good');
  });

  it('is idle when what came meanwhile is over as well', async () => {
    const log: string[] = [];
    const queue = new SerialQueue();
    const [one, two] = [piece(log, 'one'), piece(log, 'two')];
    const first = queue.run('a', one.work);
    const second = queue.run('a', two.work);
    const idle = Promise.all([queue.idle('a'), queue.allIdle()]).then(() => log.push('idle'));
    one.end();
    await first;
    two.end();
    await Promise.all([second, idle]);
    assert.equal(log.at(-1), 'idle');
    await queue.idle('never used');
  });
});
