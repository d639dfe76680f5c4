import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type CheckedRoot, idOfSnapshot, openCheckedRoot, runCheck } from '../../tests/support/checked-root.js';
import { populate } from '../../tests/support/damage/damage.js';
import { alterRows } from '../../tests/support/damage/record-damage.js';
import { kindsOf } from '../../tests/support/damage/try-damage.js';
import { CanceledError, DataLossError, FailedPreconditionError } from '../errors/index.js';
import type { Store } from '../store/index.js';
import { check } from './check.js';

/** The same root, with another store to check. */
function withStore(root: CheckedRoot, changes: Partial<Store>): CheckedRoot {
  const { store } = root;
  const other: Store = {
    file: store.file,
    changes: store.changes,
    waiting: store.waiting,
    restored: store.restored,
    read: (work) => store.read(work),
    write: (work, options) => store.write(work, options),
    query: (statement, parameters, signal) => store.query(statement, parameters, signal),
    backup: (file, signal) => store.backup(file, signal),
    verify: (signal) => store.verify(signal),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
    ...changes,
  };
  return { ...root, subject: { ...root.subject, store: other } };
}

describe('check', () => {
  it('finds nothing where nothing is wrong', async () => {
    await using root = await openCheckedRoot();
    await root.snapshotter.prepare({ key: 'build' });
    await root.snapshotter.commit({ key: 'build', name: 'base' });
    await root.snapshotter.prepare({ key: 'work', parent: 'base' });
    await root.snapshotter.view({ key: 'look', parent: 'base' });
    for (const level of ['quick', 'normal', 'deep'] as const) {
      const { findings, summary } = await runCheck(root, { level });
      assert.deepEqual(findings, []);
      assert.equal(summary.snapshots, 3);
    }
  });

  it('finds nothing in an empty root either, and looks at the level normal unless told otherwise', async () => {
    await using root = await openCheckedRoot();
    const { findings, summary } = await runCheck(root, {});
    assert.deepEqual([findings, summary.snapshots], [[], 0]);
    const there = await populate(root);
    writeFileSync(path.join(there.base.directory, 'fs', 'more'), '');
    assert.deepEqual(kindsOf((await runCheck(root, {})).findings), ['usage-differs']);
    assert.deepEqual(kindsOf((await runCheck(root, { level: 'quick' })).findings), []);
  });

  it('finds a layer without its directory, and a directory without a record', async () => {
    await using root = await openCheckedRoot();
    await root.snapshotter.prepare({ key: 'build' });
    await root.inTree('build', (tree) => writeFileSync(path.join(tree, 'file'), 'content'));
    await root.snapshotter.commit({ key: 'build', name: 'base' });
    const id = String(idOfSnapshot(root, 'base'));
    rmSync(path.join(root.snapshots, id), { recursive: true });
    mkdirSync(path.join(root.snapshots, '4000'));
    mkdirSync(path.join(root.snapshots, 'notes'));
    const { findings, summary } = await runCheck(root, { level: 'quick' });
    const told = findings.map(({ kind, namespace, key, id: found, remedy }) => [kind, namespace, key, found, remedy]);
    assert.deepEqual(told.sort(), [
      ['foreign-entry', undefined, undefined, undefined, 'move-away'],
      ['missing-directory', 'default', 'base', id, 'drop-snapshot'],
      ['orphan-directory', undefined, undefined, '4000', 'move-away'],
    ]);
    assert.equal(summary.findings, 3);
  });

  it('looks at every page of many snapshots', async () => {
    await using root = await openCheckedRoot();
    await Promise.all(Array.from({ length: 600 }, (_, index) => root.snapshotter.prepare({ key: `work-${index}` })));
    const last = idOfSnapshot(root, 'work-599');
    await alterRows(root, `UPDATE snapshots SET updated = 0 WHERE id IN (2, 300, ${last})`);
    rmSync(path.join(root.snapshots, '301', 'work'), { recursive: true });
    const { findings, summary } = await runCheck(root, { level: 'quick' });
    assert.deepEqual(
      findings.map(({ kind, id }) => [kind, id]),
      [
        ['wrong-times', '2'],
        ['wrong-times', '300'],
        ['missing-work-directory', '301'],
        ['wrong-times', String(last)],
      ],
    );
    assert.equal(summary.snapshots, 600);
  });

  it('checks only the records of a snapshotter that is not known, and says so', async () => {
    await using root = await openCheckedRoot();
    await root.snapshotter.prepare({ key: 'known' });
    await alterRows(
      root,
      `INSERT INTO snapshots (id, snapshotter, namespace, key, kind, chain, created, updated)
       VALUES (4000, 'zfs', '', 'theirs', 'active', '', 2, 1)`,
    );
    const { findings, summary } = await runCheck(root, { level: 'quick' });
    assert.deepEqual(findings, [
      {
        kind: 'wrong-times',
        snapshotter: 'zfs',
        key: 'theirs',
        id: '4000',
        message: 'it was made at 2 and last changed at 1',
        remedy: 'none',
      },
    ]);
    assert.deepEqual([summary.snapshots, summary.unseen], [2, ['zfs']]);
  });

  it('tells what the store says of itself, and goes on with what can be read', async () => {
    await using root = await openCheckedRoot();
    const there = await populate(root);
    rmSync(path.join(there.work.directory, 'work'), { recursive: true });
    const damaged = withStore(root, { verify: async () => ['row 4 missing from index snapshots_by_parent'] });
    const { findings, actions, left } = await runCheck(damaged, { level: 'quick', repair: { dropDescendants: true } });
    assert.deepEqual(kindsOf(findings), ['damaged-store', 'missing-work-directory']);
    assert.equal(
      findings[0]?.message,
      'row 4 missing from index snapshots_by_parent; "strata restore" puts the records of a backup in its place',
    );
    assert.deepEqual(
      actions.map(({ state, reason }) => [state, reason]),
      [['skipped', 'the store is damaged, and restored first']],
    );
    assert.deepEqual(left, findings);
  });

  it('ends where records cannot be read, when the store has told why, and fails when it has not', async () => {
    await using root = await openCheckedRoot();
    await populate(root);
    const read = () => {
      throw new DataLossError('store file is damaged');
    };
    const told = await runCheck(withStore(root, { read, verify: async () => ['page 3 is damaged'] }), {});
    assert.deepEqual(kindsOf(told.findings), ['damaged-store']);
    await assert.rejects(runCheck(withStore(root, { read }), {}), DataLossError);
  });

  it('fails when the snapshots directory is gone as a whole, unless it has never held any', async () => {
    await using root = await openCheckedRoot();
    const elsewhere = `${root.snapshots}.moved`;
    renameSync(root.snapshots, elsewhere);
    assert.deepEqual((await runCheck(root, {})).findings, []);
    renameSync(elsewhere, root.snapshots);
    await root.snapshotter.prepare({ key: 'work' });
    renameSync(root.snapshots, elsewhere);
    await assert.rejects(runCheck(root, {}), FailedPreconditionError);
    renameSync(elsewhere, root.snapshots);
  });

  it('stops when its signal is aborted', async () => {
    await using root = await openCheckedRoot();
    await populate(root);
    const events = check(root.subject, { level: 'quick' }, { signal: AbortSignal.abort(new CanceledError('enough')) });
    await assert.rejects(events.next(), CanceledError);
  });
});
