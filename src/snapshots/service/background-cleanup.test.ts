import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Gate } from '../../../tests/support/memory-driver.js';
import { BackgroundCleanup } from './background-cleanup.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function open(t: TestContext, clean: (signal: AbortSignal) => Promise<void> = async () => undefined) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const failures: unknown[] = [];
  let count = 0;
  const cleanup = new BackgroundCleanup(
    (signal) => {
      count += 1;
      return clean(signal);
    },
    (error) => failures.push(error),
  );
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await turn();
    return count;
  };
  return { cleanup, failures, pass };
}

describe('BackgroundCleanup', () => {
  it('cleans up once for all who ask within a second, and again for those who ask later', async (t) => {
    const { cleanup, pass } = open(t);
    cleanup.ask();
    assert.equal(await pass(999), 0);
    cleanup.ask();
    assert.equal(await pass(1), 1);
    assert.equal(await pass(10_000), 1);
    cleanup.ask();
    assert.equal(await pass(1000), 2);
  });

  it('runs one at a time', async (t) => {
    const gate = new Gate();
    const { cleanup, pass } = open(t, () => gate.pass());
    cleanup.ask();
    assert.equal(await pass(1000), 1);
    cleanup.ask();
    assert.equal(await pass(1000), 1);
    gate.open();
    await cleanup.ended();
    assert.equal(await pass(0), 2);
  });

  it('tells what failed, and goes on', async (t) => {
    const { cleanup, failures, pass } = open(t, () => Promise.reject(new Error('the disk is broken')));
    for (const wanted of [1, 2]) {
      cleanup.ask();
      await pass(1000);
      assert.equal(failures.length, wanted);
    }
  });

  it('ends when it is stopped, and says nothing about that', async (t) => {
    const { cleanup, failures, pass } = open(
      t,
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    cleanup.ask();
    await pass(1000);
    cleanup.ask();
    cleanup.stop();
    await cleanup.ended();
    cleanup.ask();
    assert.equal(await pass(2000), 1);
    assert.deepEqual(failures, []);
  });
});
