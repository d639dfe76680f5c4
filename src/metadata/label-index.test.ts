import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MemoryDriver } from '../../tests/support/memory-driver.js';
import { temporaryStore } from '../../tests/support/store.js';
import { parseFilters } from '../filters/index.js';
import { infoFields, LocalSnapshotter, snapshotTables } from '../snapshots/index.js';
import { candidatesOf } from './candidates.js';
import { indexLabels, LocalBackend, metadataTables, NamespacedSnapshotter } from './index.js';
import { MetadataRecords } from './records.js';
import { indexedTable, labelIndexTable } from './tables.js';
import { textHash } from './text-hash.js';

const call = { namespace: 'n' };

async function open() {
  const temporary = await temporaryStore([...snapshotTables, ...metadataTables]);
  const { store } = temporary;
  const local = await LocalSnapshotter.open({
    name: 'memory',
    store,
    driver: new MemoryDriver(),
    errors: { report: () => {} },
  });
  const snapshotter = new NamespacedSnapshotter({
    name: 'memory',
    backend: new LocalBackend({ store, snapshotter: local }),
    snapshotter: local,
  });
  const list = async (...filters: string[]): Promise<string[]> => {
    const names: string[] = [];
    for await (const { name } of snapshotter.walk({ filters }, call)) names.push(name);
    return names;
  };
  /** Which keys the indexes give; undefined when they cannot tell. */
  const candidates = (...filters: string[]): string[] | undefined =>
    store.read((tx) =>
      candidatesOf(tx, {
        filter: parseFilters(filters),
        records: new MetadataRecords('n', 'memory'),
        isAdded: (label) => label === 'shown',
      }),
    );
  const dispose = async (): Promise<void> => {
    await snapshotter.close();
    await temporary[Symbol.asyncDispose]();
  };
  return { store, snapshotter, list, candidates, [Symbol.asyncDispose]: dispose };
}

function labels(values: Readonly<Record<string, string>>): { labels: Map<string, string> } {
  return { labels: new Map(Object.entries(values)) };
}

interface Step {
  readonly method: 'prepare' | 'update' | 'remove';
  readonly name: string;
  readonly labels: Map<string, string>;
}

/** Does what can be done; what cannot must leave no trace either. */
async function perform(snapshotter: NamespacedSnapshotter, { method, name, labels }: Step): Promise<void> {
  const attempts = {
    prepare: () => snapshotter.prepare({ key: name, labels }, call),
    update: () => snapshotter.update({ name, labels }, call),
    remove: () => snapshotter.remove(name, call),
  };
  await Promise.allSettled([attempts[method]()]);
}

describe('a walk with a filter', () => {
  it('finds by label, value, name and parent, in byte order, without a look at the others', async () => {
    await using opened = await open();
    const { snapshotter, list, candidates } = opened;
    await snapshotter.prepare({ key: 'base-active' }, call);
    await snapshotter.commit({ key: 'base-active', name: 'base', ...labels({ role: 'base' }) }, call);
    for (const key of ['\u{1f600}', '\uffee', 'b', 'a']) {
      await snapshotter.prepare({ key, parent: 'base', ...labels({ role: 'work', 'a.b/c': key }) }, call);
    }
    await snapshotter.prepare({ key: 'none' }, call);
    const works = ['a', 'b', '\uffee', '\u{1f600}'];
    const cases: [filter: string, expected: string[]][] = [
      ['labels.role==work', works],
      ['labels.role', ['a', 'b', 'base', '\uffee', '\u{1f600}']],
      ['labels."a.b/c"==b', ['b']],
      ['parent==base', works],
      ['name==none', ['none']],
      ['name==missing', []],
      ['parent==missing', []],
      ['labels.role==other', []],
    ];
    for (const [filter, expected] of cases) {
      assert.deepEqual(await list(filter), expected, filter);
      assert.deepEqual(
        candidates(filter)?.filter((key) => key !== 'missing'),
        expected,
        filter,
      );
    }
    assert.deepEqual(await list('name==none', 'labels.role==work,name~=b'), ['b', 'none']);
    assert.deepEqual(candidates('name==none', 'labels.role==work,name~=b'), ['a', 'b', 'none', '\uffee', '\u{1f600}']);
    assert.deepEqual(await list('labels.role==work,parent==base,name==a'), ['a']);
    assert.deepEqual(candidates('labels.role==work,parent==base,name==a'), ['a']);
  });

  it('looks at all where no index can tell', async () => {
    await using opened = await open();
    await opened.snapshotter.prepare({ key: 'k', ...labels({ a: 'b' }) }, call);
    for (const filter of ['', 'kind==active', 'labels.a!=c', 'labels.a~=b', 'name~=k', 'parent==""', 'name!=x']) {
      assert.deepEqual(await opened.list(filter), ['k'], filter);
      assert.equal(opened.candidates(filter), undefined, filter);
    }
    assert.equal(opened.candidates('labels.a==b', 'kind==view'), undefined);
    assert.equal(opened.candidates('labels.shown==x'), undefined);
  });

  it('keeps up with changed labels, commits and removals, and leaves no entry behind', async () => {
    await using opened = await open();
    const { snapshotter, list, store } = opened;
    await snapshotter.prepare({ key: 'k', ...labels({ a: '1', b: '1' }) }, call);
    await snapshotter.update({ name: 'k', ...labels({ a: '2', b: '1', c: '1' }) }, call);
    assert.deepEqual(await list('labels.a==1'), []);
    assert.deepEqual(await list('labels.a==2'), ['k']);
    assert.deepEqual(await list('labels.c'), ['k']);
    await snapshotter.update({ name: 'k', ...labels({ a: '' }), fieldpaths: ['labels.a'] }, call);
    assert.deepEqual(await list('labels.a'), []);
    assert.deepEqual(await list('labels.b==1'), ['k']);
    await snapshotter.commit({ key: 'k', name: 'layer', ...labels({ d: '1' }) }, call);
    assert.deepEqual(await list('labels.b'), []);
    assert.deepEqual(await list('labels.d==1'), ['layer']);
    await snapshotter.remove('layer', call);
    assert.deepEqual(
      store.read((tx) => [...tx.range(labelIndexTable)]),
      [],
    );
  });

  it('indexes what was there before the index', async () => {
    await using opened = await open();
    const { snapshotter, store, list, candidates } = opened;
    const keys = Array.from({ length: 2500 }, (_, number) => `k${String(number).padStart(4, '0')}`);
    await Promise.all(keys.map((key) => snapshotter.prepare({ key, ...labels({ group: key.slice(-2) }) }, call)));
    await store.write((tx) => {
      for (const key of [...tx.keys(labelIndexTable)]) tx.remove(labelIndexTable, key);
      for (const key of [...tx.keys(indexedTable)]) tx.remove(indexedTable, key);
    });
    const expected = keys.filter((key) => key.endsWith('07'));
    assert.equal(candidates('labels.group==07'), undefined);
    assert.deepEqual(await list('labels.group==07'), expected);
    await indexLabels(store);
    assert.deepEqual(candidates('labels.group==07'), expected);
    assert.deepEqual(await list('labels.group==07'), expected);
  });

  it('gives what a look at every snapshot gives, whatever was done before', async () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    const value = fc.constantFrom('', '1', '2', '3');
    const set = fc
      .dictionary(fc.constantFrom('x', 'y', 'x.y'), value, { maxKeys: 3 })
      .map((values) => new Map(Object.entries(values)));
    const step = fc.record({
      method: fc.constantFrom('prepare' as const, 'update' as const, 'remove' as const),
      name,
      labels: set,
    });
    const selector = fc.oneof(
      fc.tuple(
        fc.constantFrom('name', 'parent', 'labels.x', 'labels."x.y"'),
        value.filter(Boolean),
        fc.constantFrom('==', '!='),
      ),
      fc.tuple(fc.constantFrom('labels.x', 'labels.y'), fc.constant(''), fc.constant('')),
      fc.tuple(fc.constantFrom('name', 'parent'), name, fc.constant('==')),
    );
    const filter = fc
      .array(selector, { minLength: 1, maxLength: 3 })
      .map((selectors) => selectors.map(([field, operand, operator]) => `${field}${operator}${operand}`).join(','));
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        fc.array(filter, { minLength: 1, maxLength: 3 }),
        async (steps, filters) => {
          await using opened = await open();
          const { snapshotter } = opened;
          for (const each of steps) await perform(snapshotter, each);
          const parsed = parseFilters(filters);
          const expected: string[] = [];
          for await (const info of snapshotter.walk({}, call))
            if (parsed.matches(infoFields(info))) expected.push(info.name);
          assert.deepEqual(await opened.list(...filters), expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('textHash', () => {
  it('stays what it is, since it lies on disk', () => {
    assert.deepEqual(
      ['', 'a', 'containerd.io/gc.root'].map(textHash),
      [2446086614622188, 426764091680973, 8305439615936954],
    );
  });

  it('is a whole number that a key can have, and different for different texts', () => {
    const seen = new Map<number, string>();
    for (let number = 0; number < 50_000; number++) {
      const text = `containerd.io/label-${number}`;
      const hash = textHash(text);
      assert.ok(Number.isSafeInteger(hash) && hash >= 0);
      assert.equal(seen.get(hash), undefined);
      seen.set(hash, text);
    }
  });
});
