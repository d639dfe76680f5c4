import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { open } from 'lmdb';
import { FailedPreconditionError, InternalError } from '../../errors/index.js';
import { numberCodec, textCodec } from '../codec.js';
import type { Store } from '../store.js';
import { defineTable } from '../table.js';
import { openLmdbStore } from './open.js';
import type { Migration } from './options.js';
import { byteEncoding } from './tables.js';

const first = defineTable<readonly [name: string], number>({ name: 'first', shape: ['string'], codec: numberCodec });
const second = defineTable<readonly [name: string], string>({ name: 'second', shape: ['string'], codec: textCodec });
const tables = [first, second];

async function temporaryPath(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-format-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A store of format 1 with one record. */
async function makeFirst(directory: string): Promise<void> {
  await using store = await openLmdbStore({ path: directory, tables });
  await store.write((tx) => tx.put(first, ['n'], 7));
}

const moveToSecond: Migration = {
  from: 1,
  to: 2,
  migrate: (tx) => {
    for (const { key, value } of tx.range(first)) {
      tx.put(second, key, String(value));
      tx.remove(first, key);
    }
  },
};
const exclaim: Migration = {
  from: 2,
  to: 4,
  migrate: (tx) => {
    for (const { key, value } of tx.range(second)) tx.put(second, key, `${value}!`);
  },
};

function records(store: Store): unknown {
  return store.read((tx) => [[...tx.range(first)].length, tx.get(second, ['n'])]);
}

describe('the format of a store', () => {
  it('is the wanted one in a new store, without any migration', async (t) => {
    const directory = await temporaryPath(t);
    const refused: Migration = { from: 1, to: 3, migrate: () => assert.fail('run') };
    for (let round = 0; round < 2; round++) {
      await using _store = await openLmdbStore({ path: directory, tables, formatVersion: 3, migrations: [refused] });
    }
  });

  it('is reached step by step, once', async (t) => {
    const directory = await temporaryPath(t);
    await makeFirst(directory);
    for (let round = 0; round < 2; round++) {
      await using store = await openLmdbStore({
        path: directory,
        tables,
        formatVersion: 4,
        migrations: [exclaim, moveToSecond],
      });
      assert.deepEqual(records(store), [0, '7!']);
    }
  });

  it('is refused when it is newer than the program', async (t) => {
    const directory = await temporaryPath(t);
    const newer = await openLmdbStore({ path: directory, tables, formatVersion: 5 });
    await newer.close();
    await assert.rejects(
      openLmdbStore({ path: directory, tables, formatVersion: 3 }),
      new FailedPreconditionError(`store ${directory} has format 5, this program knows up to 3`),
    );
    await using _store = await openLmdbStore({ path: directory, tables, formatVersion: 5 });
  });

  it('is refused when no step leads on from it, and stays at the last one that did', async (t) => {
    const directory = await temporaryPath(t);
    await makeFirst(directory);
    await assert.rejects(
      openLmdbStore({ path: directory, tables, formatVersion: 3, migrations: [moveToSecond] }),
      new FailedPreconditionError(`store ${directory} has format 2, and no migration leads from there to 3`),
    );
    await using store = await openLmdbStore({ path: directory, tables, formatVersion: 2 });
    assert.deepEqual(records(store), [0, '7']);
  });

  it('stays as it is when a step fails, with all its records', async (t) => {
    const directory = await temporaryPath(t);
    await makeFirst(directory);
    const failing: readonly (readonly [error: Error, migrate: Migration['migrate']])[] = [
      [
        new Error('half-way'),
        (tx) => {
          moveToSecond.migrate(tx);
          throw new Error('half-way');
        },
      ],
      [
        new InternalError('the change of a write returned a promise; it must be synchronous'),
        async (tx) => moveToSecond.migrate(tx),
      ],
    ];
    for (const [error, migrate] of failing) {
      const migrations = [{ from: 1, to: 2, migrate }];
      await assert.rejects(openLmdbStore({ path: directory, tables, formatVersion: 2, migrations }), error);
    }
    await assert.rejects(
      openLmdbStore({ path: directory, tables, formatVersion: 2, migrations: [{ ...exclaim, from: 1, to: 1 }] }),
      new InternalError('migration from format 1 leads back to 1'),
    );
    await using store = await openLmdbStore({ path: directory, tables });
    assert.deepEqual(records(store), [1, undefined]);
  });

  it('is not guessed for records that somebody else wrote', async (t) => {
    const directory = await temporaryPath(t);
    const root = open({ path: directory, noSubdir: false, maxDbs: 2, overlappingSync: false, ...byteEncoding });
    await root.openDB({ name: 'first', ...byteEncoding }).put(Buffer.from('k'), Buffer.from('v'));
    await root.close();
    await assert.rejects(
      openLmdbStore({ path: directory, tables }),
      new FailedPreconditionError(`store ${directory} has records in table "first" but notes no format`),
    );
  });
});
