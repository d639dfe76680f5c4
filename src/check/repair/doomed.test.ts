import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { statement } from '../../store/index.js';
import { doomedWith, removeDoomed } from './doomed.js';

const idsLeft = statement<{ id: number }>('SELECT id FROM snapshots ORDER BY id');
const labelsLeft = statement<{ snapshot: number }>('SELECT snapshot FROM snapshot_labels ORDER BY snapshot');

/** A base with two layers on it, one of which has a child with a lower id; and one that nothing has to do with. */
const rows = [
  { id: 1 },
  { id: 2, parent: 4, chain: '4,1' },
  { id: 3, parent: 1, namespace: '' },
  { id: 4, parent: 1 },
  { id: 9, snapshotter: 'native' },
];

describe('doomedWith', () => {
  it('gives a snapshot first, and then everything that is based on it', async () => {
    await using temporary = await storeOf(rows);
    const { store } = temporary;
    const ids = (id: string) => store.read((tx) => doomedWith(tx, id)).map((one) => one.id);
    assert.deepEqual(ids('1'), [1, 2, 3, 4]);
    assert.deepEqual(ids('4'), [4, 2]);
    assert.deepEqual(ids('9'), [9]);
    assert.deepEqual(ids('77'), []);
  });

  it('gives also those of other snapshotters, which must not be', async () => {
    await using temporary = await storeOf([{ id: 1 }, { id: 2, parent: 1, snapshotter: 'native' }]);
    const doomed = temporary.store.read((tx) => doomedWith(tx, '1'));
    assert.deepEqual(
      doomed.map(({ id, snapshotter }) => [id, snapshotter]),
      [
        [1, 'overlayfs'],
        [2, 'native'],
      ],
    );
  });

  it('comes to an end where parents go round in a circle', async () => {
    await using temporary = await storeOf([
      { id: 1, parent: 2 },
      { id: 2, parent: 1 },
    ]);
    assert.equal(temporary.store.read((tx) => doomedWith(tx, '1')).length, 2);
  });

  it('has all that is recorded', async () => {
    await using temporary = await storeOf(
      [{ id: 2, parent: 1, key: 'layer' }],
      "INSERT INTO snapshot_labels VALUES (2, 'a', 'x'), (2, 'b', 'y')",
    );
    const [doomed] = temporary.store.read((tx) => doomedWith(tx, '2'));
    assert.deepEqual(doomed, {
      id: 2,
      snapshotter: 'overlayfs',
      namespace: 'default',
      key: 'layer',
      record: {
        id: 2,
        snapshotter: 'overlayfs',
        namespace: 'default',
        key: 'layer',
        kind: 'committed',
        parent: 1,
        chain: '1',
        created: 1,
        updated: 1,
        size: 0,
        inodes: 0,
        labels: { a: 'x', b: 'y' },
      },
    });
  });
});

describe('removeDoomed', () => {
  it('deletes them with their labels, whatever the order of their ids, and nothing else', async () => {
    const labels = rows.map(({ id }) => `(${id}, 'a', 'x')`).join(', ');
    await using temporary = await storeOf(rows, `INSERT INTO snapshot_labels VALUES ${labels}`);
    const { store } = temporary;
    await store.write((tx) => removeDoomed(tx, '4'));
    assert.deepEqual(
      store.read((tx) => tx.all(idsLeft)).map(({ id }) => id),
      [1, 3, 9],
    );
    await store.write((tx) => removeDoomed(tx, '1'));
    assert.deepEqual(
      store.read((tx) => tx.all(labelsLeft)).map(({ snapshot }) => snapshot),
      [9],
    );
  });

  it('deletes a circle as well', async () => {
    await using temporary = await storeOf([
      { id: 1, parent: 2 },
      { id: 2, parent: 1 },
    ]);
    await temporary.store.write((tx) => removeDoomed(tx, '2'));
    assert.deepEqual(
      temporary.store.read((tx) => tx.all(idsLeft)),
      [],
    );
  });
});
