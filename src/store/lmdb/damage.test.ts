import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { open } from 'lmdb';
import { CanceledError, DataLossError } from '../../errors/index.js';
import { textCodec } from '../codec.js';
import { defineTable } from '../table.js';
import { inspectDataFile } from './data-file.js';
import { openLmdbStore } from './open.js';
import { byteEncoding } from './tables.js';
import { verifyInChild } from './verify.js';

const texts = defineTable<readonly [name: string, id: number], string>({
  name: 'texts',
  shape: ['string', 'number'],
  codec: textCodec,
});
const tables = [texts];
const pageSize = 4096;

interface Fixture {
  readonly directory: string;
  readonly file: string;
  /** The sound data file. */
  readonly bytes: Buffer;
}

/** A closed store with some hundred pages, of which the last ones are in use. */
async function closedStore(t: TestContext): Promise<Fixture> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-damage-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const store = await openLmdbStore({ path: directory, tables });
  await store.write((tx) => {
    for (let id = 0; id < 2000; id++) tx.put(texts, ['k', id], 'x'.repeat(200));
  });
  await store.close();
  const file = path.join(directory, 'data.mdb');
  return { directory, file, bytes: await readFile(file) };
}

/** What the last owner leaves behind when it does not get to close the store. */
function leaveUnclosed(directory: string): Promise<void> {
  return writeFile(path.join(directory, 'in-use'), '');
}

/** A copy with some bytes overwritten. */
function overwritten(bytes: Buffer, { start, end, fill }: { start: number; end: number; fill: number }): Buffer {
  return Buffer.from(bytes).fill(fill, start, end);
}

interface Damage {
  readonly name: string;
  readonly make: (bytes: Buffer) => Buffer;
  readonly reason: RegExp;
}

const damages: readonly Damage[] = [
  { name: 'a text', make: () => Buffer.from('hello'), reason: /^it ends inside meta page 0$/ },
  {
    name: 'a long text',
    make: () => Buffer.alloc(20_000, 'A'),
    reason: /^meta page 0 begins with 41414141, want beefc0de$/,
  },
  {
    name: 'an empty first meta page',
    make: (bytes) => overwritten(bytes, { start: 0, end: pageSize, fill: 0 }),
    reason: /^meta page 0 begins with 0, want beefc0de$/,
  },
  {
    name: 'an empty second meta page',
    make: (bytes) => overwritten(bytes, { start: pageSize, end: 2 * pageSize, fill: 0 }),
    reason: /^meta page 1 begins with 0, want beefc0de$/,
  },
  {
    name: 'a strange page size',
    make: (bytes) => overwritten(bytes, { start: 48, end: 50, fill: 1 }),
    reason: /^meta page 0 says that pages have 257 bytes$/,
  },
  {
    name: 'one page',
    make: (bytes) => bytes.subarray(0, pageSize),
    reason: /^it ends inside meta page 1$/,
  },
  {
    name: 'the first pages',
    make: (bytes) => bytes.subarray(0, 3 * pageSize),
    reason: /^reading it ended with SIG(BUS|SEGV)$/,
  },
  {
    name: 'the first half, and a part of a page',
    make: (bytes) => bytes.subarray(0, bytes.length / 2 + 17),
    reason: /^reading it ended with SIG(BUS|SEGV)$/,
  },
];

function damagedBy(file: string, reason: RegExp): (error: unknown) => boolean {
  const start = `store file ${file} is damaged: `;
  return (error) => {
    assert.ok(error instanceof DataLossError, String(error));
    assert.equal(error.context.slice(0, start.length), start);
    assert.match(error.context.slice(start.length), reason);
    return true;
  };
}

describe('opening a damaged file', () => {
  for (const { name, make, reason } of damages) {
    it(`refuses ${name}`, async (t) => {
      const { directory, file, bytes } = await closedStore(t);
      await writeFile(file, make(bytes));
      // Twice: the first refusal must not make the second attempt careless.
      for (let round = 0; round < 2; round++) {
        await assert.rejects(openLmdbStore({ path: directory, tables }), damagedBy(file, reason));
      }
      await writeFile(file, bytes);
      await using store = await openLmdbStore({ path: directory, tables });
      assert.equal(
        store.read((tx) => [...tx.range(texts)].length),
        2000,
      );
    });
  }

  it('survives a page on which LMDB crashes, after a stop without close', async (t) => {
    const { directory, file, bytes } = await closedStore(t);
    await leaveUnclosed(directory);
    await writeFile(file, overwritten(bytes, { start: 2 * pageSize, end: bytes.length, fill: 0xff }));
    await assert.rejects(
      openLmdbStore({ path: directory, tables }),
      damagedBy(file, /^reading it (ended with SIG|failed: MDB_)/),
    );
  });

  it('opens a store that was not closed when nothing is wrong with it', async (t) => {
    const { directory } = await closedStore(t);
    await leaveUnclosed(directory);
    await using store = await openLmdbStore({ path: directory, tables });
    assert.equal(
      store.read((tx) => [...tx.range(texts)].length),
      2000,
    );
  });

  it('opens an empty file as a new store', async (t) => {
    const { directory, file } = await closedStore(t);
    await leaveUnclosed(directory);
    await writeFile(file, '');
    await using store = await openLmdbStore({ path: directory, tables });
    await store.write((tx) => tx.put(texts, ['k', 1], 'new'));
    assert.deepEqual(
      store.read((tx) => [...tx.range(texts)]),
      [{ key: ['k', 1], value: 'new' }],
    );
  });
});

describe('inspectDataFile', () => {
  it('tells new, sound and doubtful files apart', async (t) => {
    const { directory, file, bytes } = await closedStore(t);
    assert.equal((await inspectDataFile(path.join(directory, 'missing'))).state, 'new');
    const states: readonly (readonly [state: string, bytes: Buffer])[] = [
      ['new', Buffer.alloc(0)],
      ['sound', bytes],
      ['sound', Buffer.concat([bytes, Buffer.alloc(pageSize)])],
      ['doubtful', Buffer.concat([bytes, Buffer.alloc(100)])],
      ['doubtful', bytes.subarray(0, bytes.length - pageSize)],
    ];
    for (const [state, content] of states) {
      await writeFile(file, content);
      assert.equal((await inspectDataFile(file)).state, state);
    }
  });
});

describe('verifyInChild', () => {
  it('says why it could not read', async (t) => {
    const { directory, file } = await closedStore(t);
    const root = open({ path: directory, noSubdir: false, maxDbs: 9, overlappingSync: false, ...byteEncoding });
    await root.put(Buffer.from('no database\0'), Buffer.from('some value'));
    await root.close();
    await assert.rejects(
      verifyInChild({ path: directory, file, signal: undefined }),
      damagedBy(file, /^reading it failed: MDB_INCOMPATIBLE/),
    );
  });

  it('changes nothing', async (t) => {
    const { directory, file, bytes } = await closedStore(t);
    await verifyInChild({ path: directory, file, signal: undefined });
    assert.ok(bytes.equals(await readFile(file)));
  });

  it('stops when it is told to', async (t) => {
    const { directory, file } = await closedStore(t);
    const controller = new AbortController();
    const verified = verifyInChild({ path: directory, file, signal: controller.signal });
    controller.abort();
    await assert.rejects(verified, new CanceledError(''));
  });
});

/** Changes bytes of a table behind the store's back. */
async function tamper(directory: string, change: (table: ReturnType<typeof openTable>) => unknown): Promise<void> {
  const root = open<Buffer, Uint8Array>({
    path: directory,
    noSubdir: false,
    maxDbs: 9,
    overlappingSync: false,
    ...byteEncoding,
  });
  const table = openTable(root);
  await change(table);
  await root.close();
}

function openTable(root: ReturnType<typeof open<Buffer, Uint8Array>>) {
  return root.openDB<Buffer, Uint8Array>({ name: 'texts', ...byteEncoding });
}

function keyBytes(id: number): Buffer {
  const bytes = Buffer.from('k\0________');
  bytes.writeBigUInt64BE(BigInt(id), 2);
  return bytes;
}

describe('a record that cannot be decoded', () => {
  const unreadable = (key: string) =>
    new DataLossError(`record of table "texts" with key ${key} cannot be read`, { cause: new RangeError() });

  it('is named, and leaves the others alone', async (t) => {
    const { directory } = await closedStore(t);
    await tamper(directory, (table) => table.put(keyBytes(1), Buffer.of(5)));
    await using store = await openLmdbStore({ path: directory, tables });
    const same = sameError(unreadable('["k",1]'));
    store.read((tx) => {
      assert.throws(() => tx.get(texts, ['k', 1]), same);
      assert.equal(tx.has(texts, ['k', 1]), true);
      assert.equal(tx.get(texts, ['k', 0])?.length, 200);
      const iterator = tx.range(texts)[Symbol.iterator]();
      assert.deepEqual(iterator.next().value.key, ['k', 0]);
      assert.throws(() => iterator.next(), same);
      assert.deepEqual(iterator.next().value.key, ['k', 2]);
    });
    await store.write((tx) => tx.put(texts, ['k', 1], 'mended'));
    assert.equal(
      store.read((tx) => tx.get(texts, ['k', 1])),
      'mended',
    );
  });

  it('is named also when it is its key that is wrong', async (t) => {
    const { directory } = await closedStore(t);
    await tamper(directory, (table) => table.put(Buffer.from('k\0abc'), Buffer.of(0)));
    await using store = await openLmdbStore({ path: directory, tables });
    store.read((tx) => {
      const same = sameError(unreadable('"6b00616263"'));
      assert.throws(() => [...tx.range(texts)], same);
    });
  });

  it('is named also when it does not hold the long key that it should', async (t) => {
    const { directory } = await closedStore(t);
    const key = ['k'.repeat(3000), 1] as const;
    const store = await openLmdbStore({ path: directory, tables });
    await store.write((tx) => tx.put(texts, key, 'long'));
    await store.close();
    await tamper(directory, async (table) => {
      const stored = [...table.getKeys({ start: Buffer.from('kk') })].at(0) ?? assert.fail('no long key');
      await table.put(Buffer.from(stored), Buffer.of(1));
    });
    await using again = await openLmdbStore({ path: directory, tables });
    again.read((tx) => {
      const named = {
        name: 'DataLossError',
        message: /^record of table "texts" with key .* cannot be read: data loss$/,
      };
      assert.throws(() => tx.get(texts, key), named);
      const values = tx.range(texts)[Symbol.iterator]();
      for (let id = 0; id < 2000; id++) assert.equal(values.next().done, false);
      assert.throws(() => values.next(), named);
      assert.equal(values.next().done, true);
    });
  });
});

/** Compares class and text; the cause is whatever the codec said. */
function sameError(wanted: Error): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.message], [wanted.name, wanted.message]);
    assert.ok(error.cause instanceof RangeError);
    return true;
  };
}
