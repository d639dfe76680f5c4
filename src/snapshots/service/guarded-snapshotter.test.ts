import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Gate, MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { NotFoundError, UnavailableError } from '../../errors/index.js';
import {
  type FinishedCall,
  GuardedSnapshotter,
  type GuardOptions,
  LocalSnapshotter,
  snapshotTables,
} from '../index.js';

async function open(t: TestContext, options: GuardOptions = {}) {
  const { store, ...temporary } = await temporaryStore(snapshotTables);
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const inner = await LocalSnapshotter.open({ name: 'memory', store, driver });
  return { driver, snapshotter: new GuardedSnapshotter(inner, options) };
}

describe('GuardedSnapshotter', () => {
  it('waits for the calls under way before it closes, and takes no more meanwhile', async (t) => {
    const { driver, snapshotter } = await open(t);
    const gate = new Gate();
    driver.gates.set('create', gate);
    const making = snapshotter.prepare({ key: 'k' });
    await gate.reached;
    assert.equal(snapshotter.inFlight, 1);
    const closing = snapshotter.close();
    await assert.rejects(snapshotter.stat('k'), UnavailableError);
    assert.equal(driver.closed, false);
    gate.open();
    await making;
    await closing;
    assert.equal(driver.closed, true);
    assert.equal(snapshotter.inFlight, 0);
  });

  it('waits for a walk that is read slowly, and for one that is left early', async (t) => {
    const { driver, snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'a' });
    await snapshotter.prepare({ key: 'b' });
    let closing: Promise<void> | undefined;
    for await (const _ of snapshotter.walk()) {
      closing ??= snapshotter.close();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(driver.closed, false);
      break;
    }
    await closing;
    assert.equal(driver.closed, true);
  });

  it('tells how each call ended', async (t) => {
    const finished: FinishedCall[] = [];
    const { snapshotter } = await open(t, { observe: (call) => void finished.push(call) });
    await snapshotter.prepare({ key: 'k' }, { namespace: 'n' });
    await assert.rejects(snapshotter.stat('nobody'), NotFoundError);
    for await (const _ of snapshotter.walk()) break;
    assert.deepEqual(
      finished.map(({ method, namespace, error }) => [method, namespace, error instanceof NotFoundError]),
      [
        ['prepare', 'n', false],
        ['stat', undefined, true],
        ['walk', undefined, false],
      ],
    );
    for (const { duration } of finished) assert.ok(duration >= 0);
  });
});
