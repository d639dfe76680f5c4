import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultPoint } from '../base/index.js';
import { DataLossError, InternalError, ResourceExhaustedError, UnavailableError } from '../errors/index.js';
import { LogFile } from './log-file.js';
import { statement } from './statement.js';
import { add, keysOf, open, sql, temporaryDirectory } from './store.test.rig.js';

describe('changes that are asked for together', () => {
  it('share one synchronisation, and each is undone alone', async (t) => {
    const reached: FaultPoint[] = [];
    await using store = await open(await temporaryDirectory(t), { faults: { reach: (point) => reached.push(point) } });
    const results = await Promise.allSettled([
      add(store, 'a'),
      store.write((tx) => {
        tx.run(sql.add, 'b', 1);
        throw new RangeError('mine');
      }),
      add(store, 'a'),
      store.write((tx) => tx.run(sql.label, 'nobody', 'x')),
      add(store, 'c'),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'],
    );
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    assert.ok(reasons[0] instanceof RangeError);
    assert.ok(reasons[1] instanceof InternalError);
    assert.match(String(reasons[2]), /SQLITE_CONSTRAINT_FOREIGNKEY/);
    assert.deepEqual(keysOf(store), ['a', 'c']);
    assert.deepEqual(reached, ['store.committed', 'store.synced']);
  });

  it('are told of each other only when all are on disk', async (t) => {
    const order: string[] = [];
    const reach = (point: FaultPoint) => void order.push(point);
    await using store = await open(await temporaryDirectory(t), { faults: { reach } });
    await Promise.allSettled([
      add(store, 'a').finally(() => order.push('made')),
      add(store, 'a').finally(() => order.push('refused')),
    ]);
    assert.deepEqual(order, ['store.committed', 'store.synced', 'made', 'refused']);
  });

  it('see those before them in their group', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const [, seen] = await Promise.all([add(store, 'a', 7), store.write((tx) => tx.get(sql.get, 'a')?.size)]);
    assert.equal(seen, 7);
  });

  it('are not synchronised when they change nothing', async (t) => {
    const reached: FaultPoint[] = [];
    await using store = await open(await temporaryDirectory(t), { faults: { reach: (point) => reached.push(point) } });
    assert.equal(await store.write((tx) => tx.run(sql.remove, 'nothing')), 0);
    assert.deepEqual(reached, []);
  });

  it('are not seen before they are on disk', async (t) => {
    const seen: string[] = [];
    let look = (): string[] => [];
    const reach = (point: FaultPoint) => void seen.push(`${point}: ${look().join(' ')}`);
    await using store = await open(await temporaryDirectory(t), { faults: { reach } });
    await add(store, 'a');
    look = () => keysOf(store);
    await add(store, 'b');
    assert.deepEqual(seen.slice(2), ['store.committed: a', 'store.synced: a']);
    assert.deepEqual(keysOf(store), ['a', 'b']);
  });

  it('may be more than fit into one group', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    await Promise.all(Array.from({ length: 1000 }, (_, index) => add(store, `${index}`)));
    assert.equal(keysOf(store).length, 1000);
  });

  it('are refused when far too many wait', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const all = Promise.allSettled(Array.from({ length: 100_001 }, () => store.write(() => undefined)));
    const results = await all;
    const last = results.at(-1);
    assert.ok(last?.status === 'rejected' && last.reason instanceof ResourceExhaustedError);
    assert.equal(results.filter(({ status }) => status === 'rejected').length, 1);
  });

  it('must not be asynchronous', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const change = store.write((tx) => {
      tx.run(sql.add, 'a', 1);
      return Promise.reject(new Error('of no interest'));
    });
    await assert.rejects(change, InternalError);
    assert.deepEqual(keysOf(store), []);
  });

  it('are made again without one that ended the transaction that they shared', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    const end = statement('ROLLBACK');
    const results = await Promise.allSettled([
      add(store, 'a'),
      store.write((tx) => {
        tx.run(sql.add, 'b', 1);
        tx.run(end);
      }),
      add(store, 'c'),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(keysOf(store), ['a', 'c']);
  });

  it('are the last ones when they could not be synchronised, and are not seen', async (t) => {
    const directory = await temporaryDirectory(t);
    {
      await using store = await open(directory);
      await add(store, 'a');
      const failing = () => Promise.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
      const mock = t.mock.method(LogFile.prototype, 'sync', failing);
      await assert.rejects(add(store, 'b'), DataLossError);
      mock.mock.restore();
      await assert.rejects(add(store, 'c'), UnavailableError);
      assert.deepEqual(keysOf(store), ['a']);
    }
    await using store = await open(directory);
    await add(store, 'd');
    assert.ok(keysOf(store).includes('a') && keysOf(store).includes('d'));
  });
});
