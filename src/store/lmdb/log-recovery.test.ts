import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DataLossError } from '../../errors/index.js';
import { numberCodec, textCodec } from '../codec.js';
import type { Store } from '../store.js';
import { defineTable } from '../table.js';
import { logFileName, offsetOf } from './log-file.js';
import { blockBytes, decodeHead, headCount, type LogHead } from './log-format.js';
import { openLmdbStore } from './open.js';
import { restoreLmdbStore } from './restore.js';

const texts = defineTable<readonly [id: number], string>({ name: 'texts', shape: ['number'], codec: textCodec });
const counts = defineTable<readonly [name: string], number>({ name: 'counts', shape: ['string'], codec: numberCodec });
const tables = [texts, counts];
const pageBytes = 4096;

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-log-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** The head of a log that counts. */
function headOf(log: Buffer): LogHead {
  const heads = Array.from({ length: headCount }, (_, place) => decodeHead(log.subarray(place * blockBytes)));
  const whole = heads.filter((head) => head !== undefined);
  const newest = whole.reduce((best, head) => (head.generation > best.generation ? head : best));
  return newest;
}

/** The files of a store at one moment, as a process finds them that is started after a crash. */
interface Image {
  readonly data: Buffer;
  readonly log: Buffer;
}

function imageOf(directory: string): Image {
  return { data: readFileSync(path.join(directory, 'data.mdb')), log: readFileSync(path.join(directory, logFileName)) };
}

async function putImage(directory: string, { data, log }: Image): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  await writeFile(path.join(directory, 'data.mdb'), data);
  await writeFile(path.join(directory, logFileName), log);
  return directory;
}

/** All records, by their keys. */
function contentOf(store: Store): Map<number | string, unknown> {
  return store.read(
    (tx) =>
      new Map<number | string, unknown>([
        ...[...tx.range(texts)].map(({ key, value }) => [key[0], value] as const),
        ...[...tx.range(counts)].map(({ key, value }) => [key[0], value] as const),
      ]),
  );
}

/** One random change, made to a store and to what is expected of it. */
async function change(store: Store, expected: Map<number | string, unknown>): Promise<void> {
  const id = Math.floor(Math.random() * 300);
  const removes = Math.random() < 0.3;
  const value = 'x'.repeat(Math.floor(Math.random() * (Math.random() < 0.1 ? 20_000 : 600)));
  const count = await store.write((tx) => {
    const next = (tx.get(counts, ['changes']) ?? 0) + 1;
    tx.put(counts, ['changes'], next);
    if (removes) tx.remove(texts, [id]);
    else tx.put(texts, [id], value);
    return next;
  });
  expected.set('changes', count);
  if (removes) expected.delete(id);
  else expected.set(id, value);
}

/**
 * What a power cut can leave of a data file: of each page what it was when everything was last put on disk, or what it
 * is now.
 */
function halfWritten(before: Buffer, now: Buffer, share: number): Buffer {
  const length = Math.random() < 0.5 ? now.length : Math.max(before.length, pageBytes * 2);
  const left = Buffer.alloc(length);
  before.copy(left);
  for (let at = 0; at < length; at += pageBytes) {
    if (Math.random() < share) now.copy(left, at, at, at + pageBytes);
  }
  return left;
}

describe('a store after a power cut', () => {
  it('has what was answered, whichever pages of the data file the kernel had written', async (t) => {
    const directory = await temporaryDirectory(t);
    const store = await openLmdbStore({ path: path.join(directory, 'store'), tables });
    t.after(() => store.close());
    const expected = new Map<number | string, unknown>();
    let checkpoints = 0;
    for (let trial = 0; trial < 8; trial++) {
      let before = imageOf(store.path);
      const enough = 60 + Math.floor(Math.random() * 120);
      for (let done = 0; done < enough; done++) {
        await change(store, expected);
        const now = readFileSync(path.join(store.path, logFileName));
        if (headOf(now).generation === headOf(before.log).generation) continue;
        checkpoints += 1;
        before = imageOf(store.path);
      }
      const { data, log } = imageOf(store.path);
      if (headOf(log).generation !== headOf(before.log).generation) continue;
      for (const share of [0, 0.1, 0.5, 0.9, 1]) {
        const image = { data: halfWritten(before.data, data, share), log };
        await using found = await openLmdbStore({ path: await putImage(path.join(directory, 'cut'), image), tables });
        assert.deepEqual(contentOf(found), expected, `trial ${trial}, ${share} of the pages`);
      }
    }
    assert.ok(checkpoints > 3, `${checkpoints} checkpoints`);
  });

  it('has all changes up to the first that is not on disk as a whole', async (t) => {
    const directory = await temporaryDirectory(t);
    const store = await openLmdbStore({ path: path.join(directory, 'store'), tables });
    t.after(() => store.close());
    const begin = headOf(imageOf(store.path).log);
    for (let id = 0; id < 5; id++) await store.write((tx) => tx.put(texts, [id], `${id}`.repeat(6000)));
    const image = imageOf(store.path);
    assert.equal(headOf(image.log).generation, begin.generation, 'a checkpoint was made too early for this test');
    // The format takes a record of its own; each of these takes two blocks.
    const third = offsetOf(begin.block + 1 + 2 * 2, begin.blocks);
    for (const [damage, kept] of [
      [undefined, [0, 1, 2, 3, 4]],
      [third, [0, 1]],
      [third + blockBytes, [0, 1]],
      [third + 2 * blockBytes, [0, 1, 2]],
    ] as const) {
      const log = Buffer.from(image.log);
      if (damage !== undefined) log.fill(0, damage, damage + blockBytes);
      const target = await putImage(path.join(directory, 'cut'), { data: image.data, log });
      await using found = await openLmdbStore({ path: target, tables });
      assert.deepEqual([...contentOf(found).keys()], kept, `${damage}`);
    }
  });

  it('may be opened and lose power again and again, also without a change', async (t) => {
    const directory = await temporaryDirectory(t);
    const expected = new Map<number | string, unknown>();
    let image: Image | undefined;
    for (let round = 0; round < 6; round++) {
      const target = path.join(directory, `${round}`);
      if (image !== undefined) await putImage(target, image);
      await using store = await openLmdbStore({ path: target, tables, durable: round !== 4 });
      assert.deepEqual(contentOf(store), expected);
      if (round % 2 === 0) for (let done = 0; done < 30; done++) await change(store, expected);
      image = imageOf(target);
    }
  });

  it('is refused when its log is damaged, or is of a newer data file', async (t) => {
    const directory = await temporaryDirectory(t);
    const store = await openLmdbStore({ path: path.join(directory, 'store'), tables });
    t.after(() => store.close());
    const old = imageOf(store.path);
    for (let done = 0; done < 200; done++) await change(store, new Map());
    const image = imageOf(store.path);
    const headless = Buffer.from(image.log).fill(0, 0, headCount * blockBytes);
    for (const [damaged, text] of [
      [{ data: image.data, log: headless }, /changes\.log is damaged: it has no head that is whole/],
      [{ data: image.data, log: image.log.subarray(0, 100_000) }, /changes\.log is damaged/],
      [{ data: old.data, log: image.log }, /data\.mdb is older than its log/],
    ] as const) {
      const target = await putImage(path.join(directory, 'damaged'), damaged);
      await assert.rejects(
        openLmdbStore({ path: target, tables }),
        (error) => error instanceof DataLossError && text.test(error.message),
      );
    }
  });

  it('can be replaced by a backup, and what it had is kept as a whole', async (t) => {
    const directory = await temporaryDirectory(t);
    const store = await openLmdbStore({ path: path.join(directory, 'store'), tables });
    t.after(() => store.close());
    const expected = new Map<number | string, unknown>();
    const file = path.join(directory, 'backup');
    await change(store, expected);
    await store.backUp({ file });
    const backedUp = new Map(expected);
    const { data } = imageOf(store.path);
    for (let done = 0; done < 20; done++) await change(store, expected);
    const target = await putImage(path.join(directory, 'cut'), { data, log: imageOf(store.path).log });
    const { replaced = '' } = await restoreLmdbStore({ path: target, file, table: 'texts', now: new Date() });
    {
      await using restored = await openLmdbStore({ path: target, tables });
      assert.deepEqual(contentOf(restored), backedUp);
    }
    const kept = path.join(directory, 'kept');
    await mkdir(kept);
    await copyFile(path.join(replaced, 'data.mdb'), path.join(kept, 'data.mdb'));
    await using before = await openLmdbStore({ path: kept, tables });
    assert.deepEqual(contentOf(before), expected);
  });
});

describe('a store that was closed', () => {
  it('needs no log, and keeps it at its size', async (t) => {
    const directory = path.join(await temporaryDirectory(t), 'store');
    const expected = new Map<number | string, unknown>();
    const sizes = new Set<number>();
    for (let round = 0; round < 3; round++) {
      await using store = await openLmdbStore({ path: directory, tables });
      for (let done = 0; done < 100; done++) await change(store, expected);
      sizes.add((await stat(path.join(directory, logFileName))).size);
    }
    assert.equal(sizes.size, 1);
    assert.equal(headOf(await readFile(path.join(directory, logFileName))).state, 'closed');
    await rm(path.join(directory, logFileName));
    await using store = await openLmdbStore({ path: directory, tables });
    assert.deepEqual(contentOf(store), expected);
  });

  it('takes changes that are larger than its log', async (t) => {
    const directory = await temporaryDirectory(t);
    const store = await openLmdbStore({ path: path.join(directory, 'store'), tables });
    t.after(() => store.close());
    const large = 'x'.repeat(3_000_000);
    await store.write((tx) => tx.put(texts, [1], large));
    await store.write((tx) => tx.put(texts, [2], 'small'));
    const target = await putImage(path.join(directory, 'cut'), imageOf(store.path));
    await using found = await openLmdbStore({ path: target, tables });
    assert.deepEqual(
      contentOf(found),
      new Map<number | string, unknown>([
        [1, large],
        [2, 'small'],
      ]),
    );
  });
});
