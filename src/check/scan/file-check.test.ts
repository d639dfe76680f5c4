import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeChecker, problemOf } from '../../../tests/support/fake-checker.js';
import { type RowToBe, storeOf } from '../../../tests/support/snapshot-rows.js';
import type { CheckLevel, FileProblem } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { checkFiles, type FilesSeen, lasting } from './file-check.js';
import { findRecorded } from './recorded.js';

const removal = { sql: 'DELETE FROM snapshots WHERE id = 3' };
const commit = { sql: "UPDATE snapshots SET key = 'layer', kind = 'committed' WHERE id = 3" };

async function look(store: Store, files: FakeChecker, level: CheckLevel = 'normal'): Promise<FilesSeen> {
  const recorded = store.read((tx) => findRecorded(tx, '3'));
  assert.ok(recorded);
  return checkFiles({ store, files, level, call: {} }, recorded);
}

const active: RowToBe = { id: 3, key: 'work', kind: 'active' };

describe('checkFiles', () => {
  it('looks once at what is as it must be, as closely as it is told', async () => {
    await using temporary = await storeOf([active]);
    const files = new FakeChecker();
    files.more = { compared: true, unread: true };
    assert.deepEqual(await look(temporary.store, files, 'deep'), { found: [], compared: true, unread: true });
    assert.deepEqual(files.asked, ['inspect 3 deep']);
  });

  it('reports what is wrong both times, with the snapshot that it is of', async () => {
    await using temporary = await storeOf([active]);
    const files = new FakeChecker();
    const problem = problemOf('wrong-mode', { repairable: true });
    files.problems.set('3', (time) => (time === 1 ? [problem, problemOf('wrong-owner')] : [problem]));
    const { found } = await look(temporary.store, files);
    assert.deepEqual(
      found.map(({ finding, place }) => ({ finding, place })),
      [
        {
          finding: {
            kind: 'wrong-mode',
            snapshotter: 'overlayfs',
            namespace: 'default',
            key: 'work',
            id: '3',
            path: '/nowhere/wrong-mode',
            message: 'it is wrong',
            remedy: 'set-mode',
          },
          place: { type: 'files', id: '3', problem },
        },
      ],
    );
    assert.deepEqual(files.asked, ['inspect 3 normal', 'inspect 3 normal']);
  });

  for (const time of [1, 2]) {
    it(`reports nothing of a snapshot that is removed during look ${time}`, async () => {
      await using temporary = await storeOf([active]);
      const files = new FakeChecker();
      files.problems.set('3', () => [problemOf('missing-directory')]);
      files.meanwhile = async () => {
        if (files.asked.length === time) await temporary.store.write((tx) => tx.run(removal));
      };
      assert.deepEqual((await look(temporary.store, files)).found, []);
      assert.equal(files.asked.length, time);
    });
  }

  it('looks the second time at what a commit has made of the snapshot, and names that', async () => {
    await using temporary = await storeOf([active]);
    const files = new FakeChecker();
    files.problems.set('3', () => [problemOf('missing-directory')]);
    files.meanwhile = async () => {
      if (files.asked.length === 1) await temporary.store.write((tx) => tx.run(commit));
    };
    const [found] = (await look(temporary.store, files)).found;
    assert.deepEqual([found?.finding.key, found?.remedy], ['layer', 'drop-snapshot']);
  });

  const remedies: readonly (readonly [RowToBe['kind'], FileProblem, string])[] = [
    ['committed', problemOf('missing-directory'), 'drop-snapshot'],
    ['committed', problemOf('missing-directory', { repairable: true }), 'make-directory'],
    ['active', problemOf('missing-directory'), 'none'],
    ['view', problemOf('missing-directory'), 'none'],
    ['view', problemOf('missing-directory', { repairable: true }), 'make-directory'],
    ['active', problemOf('wrong-mode', { repairable: true }), 'set-mode'],
    ['active', problemOf('wrong-mode'), 'none'],
    ['committed', problemOf('usage-differs'), 'none'],
    ['committed', problemOf('content-differs'), 'drop-snapshot'],
    ['active', problemOf('leftover', { repairable: true }), 'move-away'],
  ];
  for (const [kind = 'active', problem, remedy] of remedies) {
    const how = problem.repairable ? 'that can be put right' : 'that cannot be put right';
    it(`answers ${problem.kind} of a snapshot that is ${kind}, ${how}, with ${remedy}`, async () => {
      await using temporary = await storeOf([{ ...active, kind }]);
      const files = new FakeChecker();
      files.problems.set('3', () => [problem]);
      const [found] = (await look(temporary.store, files)).found;
      assert.equal(found?.remedy, remedy);
    });
  }
});

describe('lasting', () => {
  it('keeps what was seen both times, in the words of the second', () => {
    const first = [problemOf('wrong-mode'), problemOf('leftover', { path: '/a' })];
    const second = [problemOf('leftover', { path: '/b' }), problemOf('wrong-mode', { message: 'still' })];
    assert.deepEqual(lasting(first, second), [problemOf('wrong-mode', { message: 'still' })]);
    assert.deepEqual(lasting([], second), []);
  });
});
