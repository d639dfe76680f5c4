import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import {
  InternalError,
  InvalidArgumentError,
  ResourceExhaustedError,
  UnavailableError,
  UnknownError,
} from '../../errors/index.js';
import { numberCodec, textCodec } from '../codec.js';
import type { Store } from '../store.js';
import { defineTable } from '../table.js';
import { readChanges, recordHeadBytes } from './change-buffer.js';
import { TableSet } from './tables.js';
import { type CommitLog, maxOutstandingWrites, WriteQueue, type WriteQueueOptions } from './write-queue.js';

const counters = defineTable<readonly [name: string], number>({
  name: 'counters',
  shape: ['string'],
  codec: numberCodec,
});
const owners = defineTable<readonly [id: number], string>({ name: 'owners', shape: ['number'], codec: textCodec });
const tables = [counters, owners];

/** Takes the next number for a name, and fails for some names after it has written. */
function takeNumber(store: Store, name: string): Promise<number> {
  return store.write((tx) => {
    const next = (tx.get(counters, ['next']) ?? 0) + 1;
    tx.put(counters, ['next'], next);
    if (name.endsWith('bad')) tx.put(counters, ['damage'], 1);
    tx.put(owners, [next], name);
    if (name.endsWith('bad')) throw new InvalidArgumentError(name);
    return next;
  });
}

describe('concurrent writes', () => {
  it('see each other in order; those that throw leave nothing, in no table', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const names = Array.from({ length: 3000 }, (_, index) => `${index}${index % 3 === 0 ? 'bad' : 'good'}`);
    const results = await Promise.allSettled(names.map((name) => takeNumber(store, name)));
    const numbers = new Map<number, string>();
    for (const [index, result] of results.entries()) {
      const name = names[index] ?? '';
      if (result.status === 'fulfilled') numbers.set(result.value, name);
      else assert.deepEqual([name.endsWith('bad'), result.reason], [true, new InvalidArgumentError(name)]);
    }
    assert.deepEqual(
      [...numbers],
      names.filter((name) => name.endsWith('good')).map((name, index) => [index + 1, name]),
    );
    store.read((tx) => {
      assert.deepEqual(
        [...tx.range(owners)].map(({ key, value }) => [key[0], value]),
        [...numbers],
      );
      assert.equal(tx.get(counters, ['next']), numbers.size);
      assert.equal(tx.has(counters, ['damage']), false);
    });
  });

  it('are undone alone when a part of them cannot be stored', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const results = await Promise.allSettled([
      store.write((tx) => tx.put(counters, ['a'], 1)),
      store.write((tx) => {
        tx.put(counters, ['b'], 1);
        tx.put(counters, ['c'], -1);
      }),
      store.write((tx) => tx.put(counters, ['d'], 1)),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(
      store.read((tx) => [...tx.range(counters)].map(({ key: [name] }) => name)),
      ['a', 'd'],
    );
  });

  it('share their commits', async () => {
    await using temporary = await temporaryStore(tables);
    const { store, path: directory } = temporary;
    const before = await lastCommit(directory);
    await Promise.all(Array.from({ length: 500 }, (_, id) => store.write((tx) => tx.put(owners, [id], 'x'))));
    const commits = (await lastCommit(directory)) - before;
    assert.ok(commits <= 3n, `${commits} commits`);
  });
});

/** The number of the last transaction in the data file. */
async function lastCommit(directory: string): Promise<bigint> {
  const bytes = await readFile(path.join(directory, 'data.mdb'));
  const [first, second] = [bytes.readBigUInt64LE(152), bytes.readBigUInt64LE(4096 + 152)];
  return first > second ? first : second;
}

describe('a change', () => {
  it('must not be asynchronous', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const refused = new InternalError('the change of a write returned a promise; it must be synchronous');
    const changes = [
      store.write(async (tx) => {
        tx.put(counters, ['async'], 1);
      }),
      store.write((tx) => {
        tx.put(counters, ['rejected'], 1);
        return Promise.reject(new Error('nobody listens'));
      }),
      store.write((tx) => {
        tx.put(counters, ['thenable'], 1);
        // biome-ignore lint/suspicious/noThenProperty: a thing that looks like a promise is what is refused.
        return { then: () => undefined };
      }),
    ];
    for (const change of changes) await assert.rejects(change, refused);
    assert.deepEqual(
      store.read((tx) => [...tx.range(counters)]),
      [],
    );
  });

  it('may return anything else, and throw anything', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    for (const value of [undefined, null, 0, '', false, 4.452694326329068e-106, new Map(), () => undefined]) {
      assert.equal(await store.write(() => value), value);
      const thrown = store.write((tx) => {
        tx.put(counters, ['thrown'], 1);
        throw value;
      });
      await assert.rejects(thrown, (error) => error === value);
    }
    assert.equal(
      store.read((tx) => tx.has(counters, ['thrown'])),
      false,
    );
  });
});

/** A queue over an environment and a log that do what a test says. */
function queueOver(parts: Partial<Pick<WriteQueueOptions, 'root' | 'log' | 'tables'>>): WriteQueue {
  return new WriteQueue({
    root: { transactionSync: (action) => action() },
    log: undefined,
    tables: Object.create(TableSet.prototype) as TableSet,
    explain: async (error) =>
      error instanceof ResourceExhaustedError ? error : new UnknownError('explained', { cause: error }),
    ...parts,
  });
}

/** An environment whose outermost transactions end as a test says. */
function rootThatEnds(outcomes: (Error | undefined)[]): WriteQueueOptions['root'] {
  let depth = 0;
  return {
    transactionSync: (action) => {
      depth += 1;
      try {
        const result = action();
        const outcome = depth === 1 ? outcomes.shift() : undefined;
        if (outcome !== undefined) throw outcome;
        return result;
      } finally {
        depth -= 1;
      }
    },
  };
}

/** What readers see is the business of other tests. */
const sight = { freeze: () => undefined, thaw: () => undefined };

/** A table that takes everything. */
const anyTables = { get: () => ({ putSync: () => true }) } as unknown as TableSet;

describe('the queue', () => {
  it('refuses writes when too many are waiting, and takes them again later', async () => {
    const queue = queueOver({});
    const waiting = Array.from({ length: maxOutstandingWrites }, () => queue.add(() => 1));
    await assert.rejects(
      queue.add(() => 1),
      new ResourceExhaustedError(`${maxOutstandingWrites} writes to the store are waiting`),
    );
    await Promise.all(waiting);
    assert.equal(await queue.add(() => 2), 2);
    await queue.drain();
  });

  it('fails the writes of a commit that fails, and goes on', async () => {
    const queue = queueOver({ root: rootThatEnds([new Error('disk')]) });
    const [lost, thrown] = [queue.add(() => 1), queue.add(() => assert.fail('its own error'))];
    await Promise.all([
      assert.rejects(lost, new UnknownError('explained', { cause: new Error('disk') })),
      assert.rejects(thrown, { message: 'its own error' }),
    ]);
    assert.equal(await queue.add(() => 2), 2);
  });

  it('fails what waits when not even a transaction can begin', { timeout: 10_000 }, async () => {
    const broken = new Error('MDB_PANIC');
    const queue = queueOver({
      root: {
        transactionSync: () => {
          throw broken;
        },
      },
    });
    await assert.rejects(
      queue.add(() => 1),
      new UnknownError('explained', { cause: broken }),
    );
    await assert.rejects(
      queue.add(() => 1),
      new UnavailableError('store cannot be written any more', { cause: broken }),
    );
    await queue.drain();
  });
});

describe('the queue and the log', () => {
  it('answers when the log has the changes, and asks for nothing when there are none', async () => {
    const events: string[] = [];
    const log: CommitLog = {
      failure: undefined,
      ...sight,
      checkpoint: () => assert.fail('not asked for'),
      persist: async (changes) => {
        const logged = [...readChanges(changes.bytes.subarray(recordHeadBytes))];
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`persisted ${logged.map(({ table, value }) => `${table} ${value?.length}`).join()}`);
      },
    };
    const queue = queueOver({ log, tables: anyTables });
    const answered = (text: string) => () => void events.push(text);
    await Promise.all([
      queue.add((tx) => tx.put(counters, ['a'], 1)).then(answered('first')),
      queue.add((tx) => tx.put(owners, [1], 'me')).then(answered('second')),
      assert.rejects(
        queue.add((tx) => {
          tx.put(counters, ['b'], 1);
          throw new Error('undone');
        }),
        { message: 'undone' },
      ),
    ]);
    assert.equal(await queue.add(() => 'nothing'), 'nothing');
    assert.deepEqual(events, ['persisted counters 1,owners 3', 'first', 'second']);
  });

  it('tries again after a checkpoint when there is no room', async () => {
    const events: string[] = [];
    const full = new ResourceExhaustedError('full');
    const log: CommitLog = {
      failure: undefined,
      ...sight,
      checkpoint: async () => void events.push('checkpoint'),
      persist: async () => void events.push('persisted'),
    };
    const root = rootThatEnds([full, undefined, full, full]);
    const queue = queueOver({ log, root, tables: anyTables });
    await queue.add((tx) => tx.put(counters, ['a'], 1));
    await assert.rejects(
      queue.add((tx) => tx.put(counters, ['a'], 2)),
      full,
    );
    assert.deepEqual(events, ['checkpoint', 'persisted', 'checkpoint']);
  });

  it('takes no more changes when the log has failed', async () => {
    const cause = new Error('EIO');
    let failure: CommitLog['failure'];
    const log: CommitLog = {
      get failure() {
        return failure;
      },
      ...sight,
      checkpoint: () => assert.fail('not asked for'),
      persist: () => {
        failure = { cause };
        return Promise.reject(cause);
      },
    };
    const queue = queueOver({ log, tables: anyTables });
    await assert.rejects(
      queue.add((tx) => tx.put(counters, ['a'], 1)),
      new UnknownError('explained', { cause }),
    );
    await assert.rejects(
      queue.add(() => 1),
      new UnavailableError('store cannot be written any more', { cause }),
    );
    await queue.drain();
  });
});
