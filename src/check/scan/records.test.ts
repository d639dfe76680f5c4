import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RowToBe, storeOf } from '../../../tests/support/snapshot-rows.js';
import type { Found } from './found.js';
import { checkRow, checkRows, checkWhole } from './records.js';

const everything = { after: Number.MIN_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER };

interface Case {
  readonly name: string;
  readonly rows: readonly RowToBe[];
  /** Kind, id and remedy of each finding. */
  readonly wanted: readonly (readonly [kind: string, id: string, remedy: string])[];
}

const base: RowToBe = { id: 1 };
const top: RowToBe = { id: 2, parent: 1 };
const work: RowToBe = { id: 3, kind: 'active', parent: 2, chain: '2,1' };

const cases: readonly Case[] = [
  { name: 'three that fit', rows: [base, top, work], wanted: [] },
  { name: 'a parent with a higher id, as a rebase makes', rows: [{ id: 9 }, { id: 2, parent: 9 }], wanted: [] },
  {
    name: 'a chain that is too short',
    rows: [base, top, { ...work, chain: '2' }],
    wanted: [['chain-differs', '3', 'rewrite-chain']],
  },
  {
    name: 'a chain that is too long',
    rows: [base, top, { ...work, chain: '2,1,1' }],
    wanted: [['chain-differs', '3', 'rewrite-chain']],
  },
  {
    name: 'a chain that names another parent',
    rows: [base, top, { ...work, chain: '1,2' }],
    wanted: [['chain-differs', '3', 'none']],
  },
  {
    name: 'a chain that is no chain',
    rows: [base, { ...top, chain: 'x' }],
    wanted: [['chain-differs', '2', 'none']],
  },
  {
    name: 'a wrong chain below a right one, which is not blamed',
    rows: [base, { ...top, chain: '1,7' }, work],
    wanted: [['chain-differs', '2', 'rewrite-chain']],
  },
  {
    name: 'a wrong chain that was inherited, where it began',
    rows: [base, { ...top, chain: '1,7' }, { ...work, chain: '2,1,7' }],
    wanted: [['chain-differs', '2', 'rewrite-chain']],
  },
  {
    name: 'parents in a circle, without an end of the query',
    rows: [
      { id: 1, parent: 2 },
      { id: 2, parent: 1 },
    ],
    wanted: [
      ['chain-differs', '1', 'none'],
      ['chain-differs', '2', 'none'],
    ],
  },
  {
    name: 'a parent that has no row, which the store itself looks for',
    rows: [{ ...top, parent: 900, chain: '900' }],
    wanted: [],
  },
  {
    name: 'a parent in another namespace',
    rows: [{ ...base, namespace: '' }, top, { ...work, parent: 1, chain: '1' }],
    wanted: [
      ['parent-elsewhere', '2', 'drop-snapshot'],
      ['parent-elsewhere', '3', 'none'],
    ],
  },
  {
    name: 'a parent of another snapshotter',
    rows: [{ ...base, snapshotter: 'native' }, top],
    wanted: [['parent-elsewhere', '2', 'drop-snapshot']],
  },
  {
    name: 'parents that are not committed',
    rows: [
      { ...base, kind: 'active' },
      { id: 2, kind: 'view' },
      { id: 3, parent: 1 },
      { ...work, id: 4, parent: 2, chain: '2' },
    ],
    wanted: [
      ['parent-not-committed', '3', 'drop-snapshot'],
      ['parent-not-committed', '4', 'none'],
    ],
  },
  {
    name: 'times in a wrong order, before 1970 and after 2255',
    rows: [
      { id: 1, created: 5, updated: 4 },
      { id: 2, created: -1, updated: 1 },
      { id: 3, created: 1, updated: 2 ** 53 },
      { id: 4, created: 0, updated: 2 ** 53 - 1 },
    ],
    wanted: [
      ['wrong-times', '1', 'none'],
      ['wrong-times', '2', 'none'],
      ['wrong-times', '3', 'none'],
    ],
  },
];

const told = ({ kind, remedy, finding: { id = '' } }: Found) => [kind, id, remedy];

describe('checkRows', () => {
  for (const { name, rows, wanted } of cases) {
    it(`looks at ${name}`, async () => {
      await using temporary = await storeOf(rows);
      const { store } = temporary;
      assert.deepEqual(store.read((tx) => checkRows(tx, everything)).map(told), wanted);
      for (const { id } of rows) {
        const ofOne = wanted.filter(([, found]) => found === String(id));
        assert.deepEqual(store.read((tx) => checkRow(tx, String(id))).map(told), ofOne, `of ${id} alone`);
      }
    });
  }

  it('looks at nothing outside of the range', async () => {
    await using temporary = await storeOf([1, 2, 3, 4].map((id) => ({ id, created: 2, updated: 1 })));
    const inRange = temporary.store.read((tx) => checkRows(tx, { after: 1, last: 3 }));
    assert.deepEqual(
      inRange.map(({ finding: { id } }) => id),
      ['2', '3'],
    );
  });

  it('names the snapshot, and what it found', async () => {
    await using temporary = await storeOf([base, { ...top, key: 'a "name"', namespace: '', chain: '1,1' }]);
    const [chain, elsewhere] = temporary.store.read((tx) => checkRow(tx, '2')).map(({ finding }) => finding);
    assert.deepEqual(chain, {
      kind: 'chain-differs',
      snapshotter: 'overlayfs',
      key: 'a "name"',
      id: '2',
      message: 'its chain is 1,1, and by its parents 1',
      remedy: 'rewrite-chain',
    });
    assert.equal(elsewhere?.message, 'its parent "key-1" belongs to overlayfs and the namespace "default"');
  });
});

describe('checkWhole', () => {
  it('finds nothing in an empty store, and in one that is as it must be', async () => {
    for (const rows of [[], [base, top, { id: 5, namespace: '' }]]) {
      await using temporary = await storeOf(rows);
      assert.deepEqual(temporary.store.read(checkWhole), []);
    }
  });

  it('finds every namespace without a record once, however many snapshots and snapshotters it has', async () => {
    const rows = ['overlayfs', 'native', 'zfs'].flatMap((snapshotter, index) =>
      ['', 'a', 'default', 'm', 'm', `own-${snapshotter}`, 'z'].map((namespace, at) => ({
        id: 10 * index + at + 1,
        snapshotter,
        namespace,
      })),
    );
    await using temporary = await storeOf(rows);
    const found = temporary.store.read(checkWhole);
    assert.deepEqual(
      found.map(({ kind, remedy, finding: { namespace, snapshotter } }) => [kind, remedy, namespace, snapshotter]),
      ['a', 'm', 'own-native', 'own-overlayfs', 'own-zfs', 'z'].map((namespace) => [
        'missing-namespace',
        'write-namespace',
        namespace,
        undefined,
      ]),
    );
  });

  it('finds the highest id beyond the mark, and takes a mark that is gone for none', async () => {
    const rows = [{ id: 7 }, { id: 9 }];
    const idsFound = async (more: string) => {
      await using temporary = await storeOf(rows, more);
      return temporary.store.read(checkWhole).map(({ kind, finding: { id, message } }) => [kind, id, message]);
    };
    assert.deepEqual(await idsFound('UPDATE snapshot_ids SET reserved = 9'), []);
    assert.deepEqual(await idsFound('UPDATE snapshot_ids SET reserved = 6'), [
      ['id-beyond-reserved', '9', 'the id 9 is in use, and 6 is the last that counts as given out'],
    ]);
    assert.deepEqual(await idsFound('DELETE FROM snapshot_ids'), [
      ['id-beyond-reserved', '9', 'the id 9 is in use, and 0 is the last that counts as given out'],
    ]);
  });
});
