import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { insertOf, type RowToBe, storeOf } from '../../../tests/support/snapshot-rows.js';
import { CanceledError } from '../../errors/index.js';
import { findRecorded, hasRecords, type IdRange, isId, recordedPages } from './recorded.js';

const rowsUpTo = (count: number): RowToBe[] => Array.from({ length: count }, (_, index) => ({ id: index + 1 }));

describe('findRecorded', () => {
  it('gives what the files of a snapshot are compared with', async () => {
    await using temporary = await storeOf([
      { id: 1 },
      { id: 7, namespace: '', key: 'work', kind: 'active', parent: 1, chain: '1' },
    ]);
    const { store } = temporary;
    assert.deepEqual(
      store.read((tx) => findRecorded(tx, '7')),
      {
        id: '7',
        snapshotter: 'overlayfs',
        namespace: '',
        key: 'work',
        kind: 'active',
        parentIds: ['1'],
        usage: { size: 0, inodes: 0 },
      },
    );
    assert.deepEqual(store.read((tx) => findRecorded(tx, '1'))?.parentIds, []);
    assert.equal(
      store.read((tx) => findRecorded(tx, '2')),
      undefined,
    );
  });
});

describe('hasRecords', () => {
  it('asks about one snapshotter', async () => {
    await using temporary = await storeOf([{ id: 1, snapshotter: 'native' }]);
    const { store } = temporary;
    assert.equal(
      store.read((tx) => hasRecords(tx, 'native')),
      true,
    );
    assert.equal(
      store.read((tx) => hasRecords(tx, 'overlayfs')),
      false,
    );
  });
});

describe('isId', () => {
  for (const name of ['0', '1', '17', '9007199254740991']) {
    it(`takes ${name} for one`, () => assert.equal(isId(name), true));
  }
  for (const name of ['', '-1', '01', '1.5', '1e3', 'notes', '1 ', '9007199254740993', '90071992547409930']) {
    it(`does not take ${JSON.stringify(name)} for one`, () => assert.equal(isId(name), false));
  }
});

describe('recordedPages', () => {
  for (const count of [0, 1, 255, 256, 257, 600]) {
    it(`gives ${count} snapshots once each, and asks about ranges without a gap`, async () => {
      await using temporary = await storeOf(rowsUpTo(count));
      const ids: string[] = [];
      const ranges: IdRange[] = [];
      for await (const { recorded, extra } of recordedPages(temporary.store, (_, range) => range, undefined)) {
        assert.ok(recorded.length <= 256, 'a page is small');
        ids.push(...recorded.map(({ id }) => id));
        ranges.push(extra);
      }
      assert.deepEqual(
        ids,
        rowsUpTo(count).map(({ id }) => String(id)),
      );
      for (const [index, { after }] of ranges.entries()) {
        assert.equal(after, ranges[index - 1]?.last ?? Number.MIN_SAFE_INTEGER);
      }
    });
  }

  it('gives also what no id can be', async () => {
    await using temporary = await storeOf([{ id: -4 }, { id: 0 }]);
    const ids: string[] = [];
    for await (const { recorded } of recordedPages(temporary.store, () => undefined, undefined)) {
      ids.push(...recorded.map(({ id }) => id));
    }
    assert.deepEqual(ids, ['-4', '0']);
  });

  it('sees what came behind a page while that was looked at, and misses nothing that was there', async () => {
    await using temporary = await storeOf(rowsUpTo(256));
    const { store } = temporary;
    const insert = { sql: insertOf([{ id: 1000 }]) };
    let looked = 0;
    for await (const { recorded } of recordedPages(store, () => undefined, undefined)) {
      if (looked === 0) await store.write((tx) => tx.run(insert));
      looked += recorded.length;
    }
    assert.equal(looked, 257);
  });

  it('stops between two pages when its signal is aborted', async () => {
    await using temporary = await storeOf(rowsUpTo(600));
    const stop = new AbortController();
    let pages = 0;
    await assert.rejects(async () => {
      for await (const _ of recordedPages(temporary.store, () => undefined, stop.signal)) {
        pages += 1;
        stop.abort(new CanceledError('enough'));
      }
    }, CanceledError);
    assert.equal(pages, 1);
  });
});
