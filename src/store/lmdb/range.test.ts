import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { temporaryStore } from '../../../tests/support/store.js';
import { InternalError } from '../../errors/index.js';
import { numberCodec } from '../codec.js';
import type { Entry, Range, ReadTransaction, WriteTransaction } from '../store.js';
import { defineTable, type Key } from '../table.js';
import { encodeKey } from './key.js';
import { longKeyBytes } from './stored-key.js';

type ModelKey = readonly [group: string, name: string];

const table = defineTable<ModelKey, number>({ name: 'model', shape: ['string', 'string'], codec: numberCodec });
const single = defineTable<readonly [name: string], number>({ name: 'single', shape: ['string'], codec: numberCodec });
const tables = [table, single];

/** A sorted list does what the store should do. */
class Model {
  readonly #values = new Map<string, Entry<ModelKey, number>>();

  put(key: ModelKey, value: number): void {
    this.#values.set(JSON.stringify(key), { key, value });
  }

  remove(key: ModelKey): boolean {
    return this.#values.delete(JSON.stringify(key));
  }

  get(key: ModelKey): number | undefined {
    return this.#values.get(JSON.stringify(key))?.value;
  }

  range({ prefix = [], after, limit }: Range): Entry<ModelKey, number>[] {
    return [...this.#values.values()]
      .filter(({ key }) => prefix.every((part, index) => key[index] === part))
      .filter(({ key }) => after === undefined || compare(key, after) > 0)
      .sort((a, b) => compare(a.key, b.key))
      .slice(0, limit);
  }
}

function compare(a: Key, b: Key): number {
  const [first, second] = [a, b].map((key) =>
    encodeKey({ name: 'any', shape: ['string', 'string'] }, [`${key[0]}`, `${key[1]}`]),
  );
  return Buffer.compare(first ?? Buffer.of(), second ?? Buffer.of());
}

/** Few different parts, so that keys meet; around the length where the form of the key changes, and far beyond. */
const filling = fc.constantFrom(0, 1, longKeyBytes - 4, longKeyBytes - 2, longKeyBytes - 1, longKeyBytes, 2500, 40_000);
const part = fc
  .tuple(filling, fc.constantFrom('', 'a', 'b', 'ab', '\u{e000}', '\u{10000}', '~'))
  .map(([length, end]) => 'x'.repeat(length) + end);
const key: fc.Arbitrary<ModelKey> = fc.tuple(fc.oneof(fc.constantFrom('', 'g', 'h'), part), part);

interface Step {
  readonly kind: 'put' | 'remove' | 'get' | 'range';
  readonly key: ModelKey;
  readonly range: Range;
}

const range: fc.Arbitrary<Range> = fc
  .record({ key, parts: fc.constantFrom(0, 0, 1, 2), after: fc.option(key), limit: fc.option(fc.nat(5)) })
  .map(({ key: [group, name], parts, after, limit }) => ({
    prefix: [group, name].slice(0, parts),
    ...(after === null ? {} : { after }),
    ...(limit === null ? {} : { limit }),
  }));
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('put', 'put', 'put', 'remove', 'get', 'range'),
  key,
  range,
});

function check(tx: ReadTransaction, model: Model, { key: at, range: over }: Step): void {
  assert.equal(tx.get(table, at), model.get(at));
  assert.equal(tx.has(table, at), model.get(at) !== undefined);
  assert.deepEqual([...tx.range(table, over)], model.range(over));
}

function apply(tx: WriteTransaction, { model, value }: { model: Model; value: number }, next: Step): void {
  if (next.kind === 'put') {
    tx.put(table, next.key, value);
    model.put(next.key, value);
  } else if (next.kind === 'remove') assert.equal(tx.remove(table, next.key), model.remove(next.key));
  else check(tx, model, next);
}

function clear(tx: WriteTransaction): void {
  for (const { key: each } of tx.range(table)) tx.remove(table, each);
}

describe('records and ranges', () => {
  it('behave as a sorted list, inside of a change and after it', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 20 }), { maxLength: 3 }), async (changes) => {
        const model = new Model();
        await store.write(clear);
        for (const steps of changes) {
          await store.write((tx) => {
            for (const [value, next] of steps.entries()) apply(tx, { model, value }, next);
          });
          for (const next of steps) store.read((tx) => check(tx, model, next));
        }
        assert.deepEqual(
          store.read((tx) => [...tx.range(table)]),
          model.range({}),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('can be paged through, also inside of a run of long keys', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const common = 'y'.repeat(30_000);
    const keys = ['a', 'b', 'c', 'd', 'e'].map((end): ModelKey => ['g', common + end]);
    const all: ModelKey[] = [['g', 'first'], ...keys, ['g', 'z'], ['h', '']];
    await store.write((tx) => all.map((each, index) => tx.put(table, each, index)));
    for (const limit of [1, 2, 3, 100]) {
      const seen: number[] = [];
      for (let after: { readonly after?: ModelKey } | undefined = {}; after !== undefined; ) {
        const page: readonly Entry<ModelKey, number>[] = store.read((tx) => [...tx.range(table, { ...after, limit })]);
        seen.push(...page.map(({ value }) => value));
        const last = page.at(-1);
        after = last === undefined ? undefined : { after: last.key };
      }
      assert.deepEqual(seen, [...all.keys()]);
    }
  });

  it('visits an empty key, and keys that begin with NUL, first', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const keys = ['', '\0', '\0\0', '\0a', '\u{1}', 'a'];
    await store.write((tx) => keys.map((name, index) => tx.put(single, [name], index)));
    store.read((tx) => {
      assert.deepEqual(
        [...tx.range(single)].map(({ key: [name] }) => name),
        keys,
      );
      assert.deepEqual([...tx.range(single, { after: [''], limit: 1 })], [{ key: ['\0'], value: 1 }]);
      assert.deepEqual([...tx.range(single, { prefix: [''] })], [{ key: [''], value: 0 }]);
    });
  });

  it('can be visited several times, and again', async () => {
    await using temporary = await temporaryStore(tables);
    await temporary.store.write((tx) => tx.put(single, ['a'], 1));
    temporary.store.read((tx) => {
      const records = tx.range(single);
      assert.deepEqual([...records], [...records]);
      const iterator = records[Symbol.iterator]();
      assert.equal(iterator.next().done, false);
      assert.equal(iterator.next().done, true);
      assert.equal(iterator.next().done, true);
    });
  });

  it('refuses a prefix or a key to start behind that does not fit', async () => {
    await using temporary = await temporaryStore(tables);
    temporary.store.read((tx) => {
      assert.throws(
        () => tx.range(single, { prefix: ['a', 'b'] }),
        new InternalError('prefix of table "single" has 2 parts, want fewer than 1'),
      );
      assert.throws(
        () => tx.range(table, { after: ['a'] }),
        new InternalError('key of table "model" has 1 parts, want 2'),
      );
    });
  });
});

describe('a range inside of a change', () => {
  it('sees what the change does while it is read', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    const long = 'y'.repeat(3000);
    for (const start of ['', long]) {
      await store.write((tx) => {
        for (const end of ['b', 'd', 'f']) tx.put(table, ['g', start + end], 0);
      });
      const seen: string[] = [];
      await store.write((tx) => {
        for (const { key: each } of tx.range(table, { prefix: ['g'] })) {
          seen.push(each[1].slice(start.length));
          // Behind the place of the range: seen. Before it: not seen. Removed: not seen.
          if (each[1] === `${start}b`) {
            tx.put(table, ['g', `${start}c`], 0);
            tx.put(table, ['g', `${start}a`], 0);
            tx.remove(table, ['g', `${start}d`]);
          }
          tx.remove(table, each);
        }
        clear(tx);
      });
      assert.deepEqual(seen, ['b', 'c', 'f']);
    }
  });

  it('lets a change remove everything that it visits', async () => {
    await using temporary = await temporaryStore(tables);
    const { store } = temporary;
    await store.write((tx) => {
      for (let id = 0; id < 5000; id++) tx.put(single, [`key ${id}`], id);
    });
    const removed = await store.write((tx) => {
      let count = 0;
      for (const { key: each } of tx.range(single)) count += tx.remove(single, each) ? 1 : 0;
      return count;
    });
    assert.equal(removed, 5000);
    assert.deepEqual(
      store.read((tx) => [...tx.range(single)]),
      [],
    );
  });
});
