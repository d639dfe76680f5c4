import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alterRows } from '../../../tests/support/damage/record-damage.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { type Store, statement } from '../../store/index.js';
import type { Found } from '../scan/found.js';
import { checkRows, checkWhole } from '../scan/records.js';
import { isStillThere, repairRecord } from './repair-records.js';

const rows = [{ id: 1 }, { id: 2, parent: 1 }, { id: 3, parent: 2, chain: '2,7' }];
const chains = statement<{ chain: string }>('SELECT chain FROM snapshots ORDER BY id');
const reserved = statement<{ reserved: number }>('SELECT reserved FROM snapshot_ids');
const namespaces = statement<{ name: string }>('SELECT name FROM namespaces ORDER BY name');

function foundsIn(store: Store): Found[] {
  return store.read((tx) => [...checkWhole(tx), ...checkRows(tx, { after: 0, last: 10_000 })]);
}

function onlyFound(store: Store): Found {
  const [found, ...more] = foundsIn(store);
  assert.ok(found);
  assert.deepEqual(more, []);
  return found;
}

describe('repairRecord', () => {
  it('writes the chain that the parents say, and leaves the others', async () => {
    await using temporary = await storeOf(rows);
    const { store } = temporary;
    const found = onlyFound(store);
    assert.equal(await store.write((tx) => repairRecord(tx, found)), true);
    assert.deepEqual(
      store.read((tx) => tx.all(chains)).map(({ chain }) => chain),
      ['', '1', '2,1'],
    );
    assert.deepEqual(foundsIn(store), []);
  });

  it('raises the mark to the highest id, also where there is none', async () => {
    for (const damage of ['UPDATE snapshot_ids SET reserved = 2', 'DELETE FROM snapshot_ids']) {
      await using temporary = await storeOf([{ id: 1 }, { id: 5000 }], damage);
      const { store } = temporary;
      const found = onlyFound(store);
      assert.equal(await store.write((tx) => repairRecord(tx, found)), true);
      assert.deepEqual(
        store.read((tx) => tx.all(reserved)),
        [{ reserved: 5000 }],
      );
    }
  });

  it('makes a namespace known, and no other', async () => {
    await using temporary = await storeOf([
      { id: 1, namespace: 'a' },
      { id: 2, namespace: 'b' },
    ]);
    const { store } = temporary;
    const [first] = foundsIn(store);
    assert.ok(first);
    assert.equal(await store.write((tx) => repairRecord(tx, first)), true);
    assert.deepEqual(
      store.read((tx) => tx.all(namespaces)).map(({ name }) => name),
      ['a', 'default'],
    );
    assert.deepEqual(
      foundsIn(store).map(({ finding }) => finding.namespace),
      ['b'],
    );
  });

  it('does nothing where the finding is there no more', async () => {
    await using temporary = await storeOf([{ id: 1, namespace: 'a' }, ...rows.slice(1)]);
    const { store } = temporary;
    const founds = foundsIn(store);
    assert.deepEqual(
      founds.map(({ kind }) => kind),
      ['missing-namespace', 'chain-differs', 'parent-elsewhere'],
    );
    await alterRows(
      temporary,
      "DELETE FROM snapshots WHERE id = 3; UPDATE snapshots SET namespace = 'default' WHERE id = 1",
    );
    for (const found of founds) assert.equal(await store.write((tx) => repairRecord(tx, found)), false);
  });

  it('does nothing where it would be another remedy by now', async () => {
    await using temporary = await storeOf(rows);
    const { store } = temporary;
    const found = onlyFound(store);
    await alterRows(temporary, "UPDATE snapshots SET chain = '9' WHERE id = 3");
    assert.equal(
      store.read((tx) => isStillThere(tx, found)),
      false,
    );
    assert.equal(await store.write((tx) => repairRecord(tx, found)), false);
  });
});
