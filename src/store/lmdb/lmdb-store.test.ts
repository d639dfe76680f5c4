import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { CanceledError, InternalError, UnavailableError } from '../../errors/index.js';
import { numberCodec, textCodec } from '../codec.js';
import type { Entry, ReadTransaction, WriteTransaction } from '../store.js';
import { defineTable } from '../table.js';
import { openLmdbStore } from './open.js';

const names = defineTable<readonly [scope: string, id: number], string>({
  name: 'names',
  shape: ['string', 'number'],
  codec: textCodec,
});
const counters = defineTable<readonly [name: string], number>({
  name: 'counters',
  shape: ['string'],
  codec: numberCodec,
});
const tables = [names, counters];

const closed = new UnavailableError('store is closed');
const over = new InternalError('transaction used after its callback returned');
const inside = new InternalError('the change of a write used the store; it has its transaction');

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-store-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('write', () => {
  it('creates, replaces and removes records, and says what was there', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const key = ['a', 1] as const;
    const result = await store.write((tx) => {
      assert.equal(tx.get(names, key), undefined);
      assert.equal(tx.has(names, key), false);
      assert.equal(tx.remove(names, key), false);
      tx.put(names, key, 'one');
      assert.equal(tx.get(names, key), 'one');
      tx.put(names, key, 'uno');
      tx.put(names, ['a', 2], 'two');
      assert.equal(tx.remove(names, ['a', 2]), true);
      return 'result';
    });
    assert.equal(result, 'result');
    assert.deepEqual(
      store.read((tx) => [...tx.range(names)]),
      [{ key, value: 'uno' }],
    );
  });

  it('is seen by nobody before it is on disk, in whatever way', async (t) => {
    const seen: unknown[] = [];
    const look = (tx: ReadTransaction) => [
      tx.get(names, ['a', 1]),
      tx.has(names, ['a', 2]),
      [...tx.range(names)].map(({ value }) => value),
      [...tx.range(names, { prefix: ['a', 2] })].length,
    ];
    let watching = false;
    const faults = { reach: (point: string) => watching && point === 'store.applied' && seen.push(store.read(look)) };
    const store = await openLmdbStore({ path: await temporaryDirectory(t), tables, faults });
    t.after(() => store.close());
    await store.write((tx) => tx.put(names, ['a', 1], 'before'));
    watching = true;
    await store.write((tx) => {
      tx.put(names, ['a', 1], 'after');
      tx.put(names, ['a', 2], 'new');
    });
    assert.deepEqual(seen, [['before', false, ['before'], 0]]);
    assert.deepEqual(store.read(look), ['after', true, ['after', 'new'], 1]);
  });

  it('is seen by every read after it', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    for (let count = 1; count <= 200; count++) {
      store.read((tx) => tx.get(counters, ['n']));
      await store.write((tx) => tx.put(counters, ['n'], count));
      assert.equal(
        store.read((tx) => tx.get(counters, ['n'])),
        count,
      );
    }
  });

  it('takes records far larger than a page, and grows its file', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const large = 'x'.repeat(20 * 1024 * 1024);
    await store.write((tx) => {
      for (let id = 0; id < 3; id++) tx.put(names, ['large', id], `${id}${large}`);
    });
    store.read((tx) => {
      for (let id = 0; id < 3; id++) assert.equal(tx.get(names, ['large', id]), `${id}${large}`);
      assert.deepEqual(
        [...tx.range(names)].map(({ value }) => value.length),
        [large.length + 1, large.length + 1, large.length + 1],
      );
    });
  });

  it('cannot use the store from inside', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    await assert.rejects(
      store.write((tx) => {
        tx.put(counters, ['n'], 1);
        store.read((other) => other.get(counters, ['n']));
      }),
      inside,
    );
    let nested: Promise<void> | undefined;
    await store.write((tx) => {
      tx.put(counters, ['outer'], 1);
      nested = store.write((other) => other.put(counters, ['inner'], 1));
      nested.catch(() => undefined);
    });
    await assert.rejects(nested ?? assert.fail('not run'), inside);
    assert.deepEqual(
      store.read((tx) => [...tx.range(counters)]),
      [{ key: ['outer'], value: 1 }],
    );
  });
});

describe('read', () => {
  it('sees one moment of all tables, whatever is being written', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    let writing = true;
    const writer = async () => {
      for (let count = 0; count < 300; count++) {
        await store.write((tx) => {
          tx.put(counters, ['n'], count);
          tx.put(names, ['n', 0], String(count));
        });
      }
      writing = false;
    };
    const reader = async () => {
      while (writing) {
        store.read((tx) => {
          const count = tx.get(counters, ['n']);
          // Long enough for a commit to fall into the view.
          for (let round = 0; round < 200; round++) assert.equal(tx.get(counters, ['n']), count);
          assert.equal(tx.get(names, ['n', 0]), count?.toString());
        });
        await new Promise(setImmediate);
      }
    };
    await Promise.all([writer(), reader()]);
  });

  it('does not hold a snapshot when its view throws or leaves a range half read', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const fill = (size: number) =>
      store.write((tx) => {
        for (let id = 0; id < 500; id++) tx.put(names, ['n', id], 'x'.repeat(size));
      });
    await fill(1000);
    const half = (): never =>
      store.read((tx) => {
        tx.range(names)[Symbol.iterator]().next();
        throw new Error('half');
      });
    assert.throws(half, new Error('half'));
    // Until it has room for what is written between two checkpoints.
    for (let round = 0; round < 20; round++) await fill(1000 + round);
    const before = await stat(path.join(temporary.path, 'data.mdb'));
    for (let round = 0; round < 20; round++) {
      assert.throws(half, new Error('half'));
      await fill(1000 + round);
    }
    const { size } = await stat(path.join(temporary.path, 'data.mdb'));
    assert.ok(size <= before.size * 1.5, `grew from ${before.size} to ${size} bytes`);
  });

  it('may be nested, and lets views return what they like', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    await store.write((tx) => tx.put(counters, ['n'], 1));
    const result = store.read(() => store.read((tx) => ({ n: tx.get(counters, ['n']) })));
    assert.deepEqual(result, { n: 1 });
  });

  it('refuses a table that the store was not opened with', async () => {
    await using temporary = await temporaryStore([names]);
    assert.throws(
      () => temporary.store.read((tx) => tx.get(counters, ['n'])),
      new InternalError('table "counters" is not among the tables of the store'),
    );
  });
});

describe('a transaction that is over', () => {
  it('cannot be used any more', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    await store.write((tx) => tx.put(counters, ['n'], 1));
    const kept: WriteTransaction[] = [];
    await store.write((tx) => kept.push(tx));
    await assert.rejects(
      store.write((tx) => {
        kept.push(tx);
        throw new Error('undone');
      }),
      new Error('undone'),
    );
    const read: ReadTransaction = store.read((tx) => tx);
    for (const tx of [read, ...kept]) {
      assert.throws(() => tx.get(counters, ['n']), over);
      assert.throws(() => tx.has(counters, ['n']), over);
      assert.throws(() => tx.range(counters), over);
    }
    for (const tx of kept) {
      assert.throws(() => tx.put(counters, ['n'], 2), over);
      assert.throws(() => tx.remove(counters, ['n']), over);
    }
    assert.equal(
      store.read((tx) => tx.get(counters, ['n'])),
      1,
    );
  });

  it('takes its ranges with it', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    await store.write((tx) => {
      tx.put(counters, ['a'], 1);
      tx.put(counters, ['b'], 2);
    });
    const started: Iterator<Entry<readonly [string], number>>[] = [];
    const begin = (tx: ReadTransaction) => {
      const iterator = tx.range(counters)[Symbol.iterator]();
      assert.deepEqual(iterator.next().value, { key: ['a'], value: 1 });
      started.push(iterator);
      return { lazy: tx.range(counters) };
    };
    const { lazy } = store.read(begin);
    await store.write(begin);
    assert.throws(() => [...lazy], over);
    for (const iterator of started) assert.throws(() => iterator.next(), over);
  });
});

describe('close', () => {
  it('lets the writes under way finish, is idempotent, and refuses everything after it', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    // More than one commit takes.
    const writes = Array.from({ length: 2500 }, (_, id) => store.write((tx) => tx.put(names, ['n', id], 'x')));
    const closings = [store.close(), store.close()];
    assert.throws(() => store.read(() => 1), closed);
    await assert.rejects(
      store.write(() => 1),
      closed,
    );
    await Promise.all([...writes, ...closings]);
    await store.close();
    assert.throws(() => store.read(() => 1), closed);
    await using again = await openLmdbStore({ path: temporary.path, tables });
    assert.equal(
      again.read((tx) => [...tx.range(names)].length),
      2500,
    );
  });

  it('does not hang right after opening, nor after changes that all failed', async (t) => {
    const directory = await temporaryDirectory(t);
    for (let round = 0; round < 5; round++) {
      const store = await openLmdbStore({ path: directory, tables });
      const failed = store.write(() => {
        throw new Error('undone');
      });
      await Promise.all([assert.rejects(failed, new Error('undone')), store.close()]);
    }
  });
});

describe('openLmdbStore', () => {
  it('keeps others out of what it makes', async (t) => {
    const directory = path.join(await temporaryDirectory(t), 'a', 'b');
    await using _store = await openLmdbStore({ path: directory, tables });
    const modeOf = async (name: string) => ((await stat(path.join(directory, name))).mode & 0o777).toString(8);
    assert.equal(await modeOf('.'), '700');
    assert.equal(await modeOf('..'), '700');
    const files = (await readdir(directory)).filter((name) => !name.startsWith('owner.'));
    assert.deepEqual(files.toSorted(), ['changes.log', 'data.mdb', 'in-use', 'lock.mdb']);
    for (const name of files) assert.equal(await modeOf(name), '600', name);
  });

  it('leaves the mode of a directory that is there alone', async (t) => {
    const directory = await temporaryDirectory(t);
    await chmod(directory, 0o750);
    await using _store = await openLmdbStore({ path: directory, tables });
    assert.equal((await stat(directory)).mode & 0o777, 0o750);
  });

  it('takes a name with a dot and a long path', async (t) => {
    const directory = path.join(await temporaryDirectory(t), 'x'.repeat(120), 'store.v1');
    await mkdir(path.dirname(directory));
    await using store = await openLmdbStore({ path: directory, tables });
    await store.write((tx) => tx.put(counters, ['n'], 1));
    assert.ok((await stat(path.join(directory, 'data.mdb'))).size > 0);
  });

  it('takes more tables than LMDB has room for by default, and keeps them apart', async (t) => {
    const directory = await temporaryDirectory(t);
    const many = Array.from({ length: 50 }, (_, index) => ({ ...counters, name: `table ${index}` }));
    await using store = await openLmdbStore({ path: directory, tables: many });
    await store.write((tx) => many.map((table, index) => tx.put(table, ['n'], index)));
    assert.deepEqual(
      store.read((tx) => many.map((table) => tx.get(table, ['n']))),
      many.map((_, index) => index),
    );
  });

  it('refuses two tables of one name', async (t) => {
    const directory = await temporaryDirectory(t);
    await assert.rejects(
      openLmdbStore({ path: directory, tables: [names, names] }),
      new InternalError(`two tables of store ${directory} are called "names"`),
    );
  });

  it('takes tables that an earlier version did not have, and leaves those that it does not know', async (t) => {
    const directory = await temporaryDirectory(t);
    const first = await openLmdbStore({ path: directory, tables: [names] });
    await first.write((tx) => tx.put(names, ['n', 1], 'one'));
    await first.close();
    const second = await openLmdbStore({ path: directory, tables: [counters], mapSize: 1024 * 1024 });
    await second.write((tx) => tx.put(counters, ['n'], 1));
    await second.close();
    await using third = await openLmdbStore({ path: directory, tables });
    assert.deepEqual(
      third.read((tx) => [tx.get(names, ['n', 1]), tx.get(counters, ['n'])]),
      ['one', 1],
    );
  });

  it('gives up when it is told to, and leaves nothing open', async (t) => {
    const directory = await temporaryDirectory(t);
    await assert.rejects(
      openLmdbStore({ path: directory, tables, signal: AbortSignal.abort() }),
      new CanceledError(''),
    );
    await using _store = await openLmdbStore({ path: directory, tables });
  });
});
