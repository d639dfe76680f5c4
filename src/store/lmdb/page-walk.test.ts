import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { CanceledError } from '../../errors/index.js';
import { textCodec } from '../codec.js';
import type { Store } from '../store.js';
import { defineTable } from '../table.js';
import { openLmdbStore } from './open.js';
import { hasSoundPages } from './page-walk.js';
import { verifyInChild } from './verify.js';

const texts = defineTable<readonly [name: string, id: number], string>({
  name: 'texts',
  shape: ['string', 'number'],
  codec: textCodec,
});
const others = defineTable<readonly [id: number], string>({ name: 'others', shape: ['number'], codec: textCodec });
const tables = [texts, others];
const pageSize = 4096;
const header = 24;

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-pages-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Three levels, values on pages of their own, an empty table, and free pages of many transactions. */
async function fill(store: Store): Promise<void> {
  await store.write((tx) => {
    for (let id = 0; id < 4000; id++) tx.put(texts, ['k', id], 'x'.repeat(200));
    for (let id = 0; id < 20; id++) tx.put(texts, ['large', id], 'y'.repeat(2000 * id));
    for (let id = 0; id < 500; id++) tx.put(others, [id], 'z');
  });
  for (let round = 0; round < 20; round++) {
    await store.write((tx) => {
      for (let id = round; id < 4000; id += 40) tx.remove(texts, ['k', id]);
      tx.remove(texts, ['large', round]);
    });
  }
  await store.write((tx) => {
    for (let id = 0; id < 20; id += 2) tx.put(texts, ['large', id], 'y'.repeat(3000 * id));
    for (let id = 0; id < 500; id++) tx.remove(others, [id]);
  });
}

/** The file of such a store. */
async function filledFile(t: TestContext): Promise<{ directory: string; file: string; bytes: Buffer }> {
  const directory = await temporaryDirectory(t);
  const store = await openLmdbStore({ path: directory, tables });
  await fill(store);
  await store.close();
  const file = path.join(directory, 'data.mdb');
  return { directory, file, bytes: await readFile(file) };
}

const isSound = (file: string, signal?: AbortSignal): Promise<boolean> => hasSoundPages({ file, pageSize, signal });

/** Where in a file the pages of a kind are that its newest state uses: 1 branch, 2 leaf, 4 overflow. */
function pagesOf(bytes: Buffer, kind: number): number[] {
  const meta = newestMeta(bytes);
  const found: number[] = [];
  const visit = (number: number): void => {
    const at = number * pageSize;
    const flags = bytes.readUInt16LE(at + 18);
    if (flags === kind) found.push(at);
    for (let index = 0; index < bytes.readUInt16LE(at + 20); index += 2) {
      const node = at + header + bytes.readUInt16LE(at + header + index);
      const data = node + 8 + bytes.readUInt16LE(node + 6);
      if (flags === 1) visit(bytes.readUIntLE(node, 6));
      else if (bytes.readUInt16LE(node + 4) === 1 && kind === 4) found.push(bytes.readUIntLE(data, 6) * pageSize);
      else if (bytes.readUInt16LE(node + 4) === 2 && bytes.readUInt16LE(data + 6) > 0) {
        visit(bytes.readUIntLE(data + 40, 6));
      }
    }
  };
  visit(bytes.readUIntLE(meta + 96 + 40, 6));
  visit(bytes.readUIntLE(meta + 48 + 40, 6));
  return found;
}

const firstNode = (bytes: Buffer, page: number): number => page + header + bytes.readUInt16LE(page + header);

/** Damage to a page of a kind, on which LMDB would crash, loop, or write over what is in use. */
const damages: readonly (readonly [what: string, kind: number, make: (bytes: Buffer, page: number) => unknown])[] = [
  ['another page in the place of a leaf', 2, (bytes, page) => bytes.writeUInt32LE(2, page)],
  ['a leaf of a later state', 2, (bytes, page) => bytes.writeUInt32LE(0xffff, page + 8)],
  ['a leaf that says it is a branch', 2, (bytes, page) => bytes.writeUInt16LE(1, page + 18)],
  ['a leaf without entries', 2, (bytes, page) => bytes.writeUInt16LE(0, page + 20)],
  ['a leaf with too many entries', 2, (bytes, page) => bytes.writeUInt16LE(pageSize - header, page + 20)],
  ['free space behind the end of the page', 2, (bytes, page) => bytes.writeUInt16LE(0xfff0, page + 22)],
  ['an entry behind the end of the page', 2, (bytes, page) => bytes.writeUInt16LE(4090, page + header)],
  ['an entry in the free space', 2, (bytes, page) => bytes.writeUInt16LE(bytes.readUInt16LE(page + 20), page + header)],
  ['a key that is too long', 2, (bytes, page) => bytes.writeUInt16LE(0xf000, firstNode(bytes, page) + 6)],
  ['a value that is too long', 2, (bytes, page) => bytes.writeUInt32LE(0x0f00_0000, firstNode(bytes, page))],
  ['a value of an unknown kind', 2, (bytes, page) => bytes.writeUInt16LE(4, firstNode(bytes, page) + 4)],
  ['a branch with one entry', 1, (bytes, page) => bytes.writeUInt16LE(2, page + 20)],
  ['a branch that leads to itself', 1, (bytes, page) => bytes.writeUIntLE(page / pageSize, firstNode(bytes, page), 6)],
  ['a branch that leads out of the file', 1, (bytes, page) => bytes.writeUInt32LE(0xffff, firstNode(bytes, page))],
  ['a branch that leads to a meta page', 1, (bytes, page) => bytes.writeUIntLE(1, firstNode(bytes, page), 6)],
  ['a value elsewhere that is none', 4, (bytes, page) => bytes.writeUInt16LE(2, page + 18)],
  ['a value elsewhere of another length', 4, (bytes, page) => bytes.writeUInt32LE(1, page + 20)],
];

describe('hasSoundPages', () => {
  it('finds nothing wrong with a store that was closed, and one that was not', async (t) => {
    const directory = await temporaryDirectory(t);
    const file = path.join(directory, 'data.mdb');
    const copy = path.join(directory, 'copy');
    const store = await openLmdbStore({ path: directory, tables });
    for (const step of [async () => undefined, () => fill(store), () => fill(store)]) {
      await step();
      // What a process that is killed now would leave.
      await writeFile(copy, await readFile(file));
      assert.equal(await isSound(copy), true);
    }
    await store.close();
    assert.equal(await isSound(file), true);
  });

  for (const [what, kind, make] of damages) {
    it(`is not certain of ${what}`, async (t) => {
      const { file, bytes } = await filledFile(t);
      const pages = pagesOf(bytes, kind);
      assert.ok(pages.length > 0, 'there is no such page');
      for (const page of [pages[0] ?? 0, pages.at(-1) ?? 0]) {
        const damaged = Buffer.from(bytes);
        make(damaged, page);
        await writeFile(file, damaged);
        assert.equal(await isSound(file), false);
      }
    });
  }

  it('is not certain of a file that is cut off, or of a list of free pages with one that is in use', async (t) => {
    const { file, bytes } = await filledFile(t);
    await writeFile(file, bytes.subarray(0, bytes.length / 2 - ((bytes.length / 2) % pageSize)));
    assert.equal(await isSound(file), false);
    const [leaf = 0] = pagesOf(bytes, 2);
    const at = bytes.readUIntLE(newestMeta(bytes) + 48 + 40, 6) * pageSize;
    const node = firstNode(bytes, at);
    const list = node + 8 + bytes.readUInt16LE(node + 6);
    const damaged = Buffer.from(bytes);
    damaged.writeBigUInt64LE(1n, list);
    damaged.writeBigUInt64LE(BigInt(leaf / pageSize), list + 8);
    await writeFile(file, damaged);
    assert.equal(await isSound(file), false);
  });

  it('finds all that LMDB crashes on, wherever in the pages a byte is wrong', async (t) => {
    const { directory, file, bytes } = await filledFile(t);
    const pages = [...pagesOf(bytes, 1), ...pagesOf(bytes, 2)];
    const random = sequence(1);
    let certain = 0;
    for (let attempt = 0; attempt < 400 && certain < 8; attempt++) {
      const damaged = Buffer.from(bytes);
      // Several at once, most of them where pages and entries begin.
      for (let count = 0; count < 3; count++) {
        const page = pages[random(pages.length)] ?? 0;
        const at = random(2) === 0 ? page + random(100) : firstNode(bytes, page) + random(12);
        damaged[at] = random(256);
      }
      await writeFile(file, damaged);
      if (!(await isSound(file))) continue;
      certain += 1;
      await verifyInChild({ path: directory, file, signal: undefined });
    }
  });

  it('stops when it is told to', async (t) => {
    const { file } = await filledFile(t);
    await assert.rejects(isSound(file, AbortSignal.abort()), new CanceledError(''));
  });
});

function newestMeta(bytes: Buffer): number {
  return bytes.readBigUInt64LE(152) > bytes.readBigUInt64LE(pageSize + 152) ? 0 : pageSize;
}

/** Numbers below a bound that look random and are the same each time (a linear congruential generator). */
function sequence(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}
