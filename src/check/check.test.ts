import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { openCheckedRoot, runCheck } from '../../tests/support/checked-root.js';
import { bareLayersTable, idsTable } from '../snapshots/index.js';

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

  it('finds a layer without its directory, and a directory without a record', async () => {
    await using root = await openCheckedRoot();
    await root.snapshotter.prepare({ key: 'build' });
    await root.inTree('build', (tree) => writeFileSync(path.join(tree, 'file'), 'content'));
    await root.snapshotter.commit({ key: 'build', name: 'base' });
    const [[, id] = []] = root.store.read((tx) => [...tx.keys(idsTable)]);
    rmSync(path.join(root.snapshots, String(id)), { recursive: true });
    mkdirSync(path.join(root.snapshots, '4000'));
    mkdirSync(path.join(root.snapshots, 'notes'));
    const { findings, summary } = await runCheck(root, { level: 'quick' });
    assert.deepEqual(findings.map(({ kind, id: found, remedy }) => [kind, found, remedy]).sort(), [
      ['foreign-entry', undefined, 'move-away'],
      ['missing-directory', String(id), 'drop-snapshot'],
      ['orphan-directory', '4000', 'move-away'],
    ]);
    assert.equal(summary.findings, 3);
  });

  it('finds that a layer without content can be made again while it need not be on disk', async () => {
    await using root = await openCheckedRoot();
    await root.snapshotter.prepare({ key: 'build' });
    await root.snapshotter.commit({ key: 'build', name: 'base' });
    const [[, id] = []] = root.store.read((tx) => [...tx.keys(bareLayersTable)]);
    const directory = path.join(root.snapshots, String(id));
    const before = lstatSync(path.join(directory, 'fs'), { bigint: true });
    rmSync(directory, { recursive: true });
    const { findings } = await runCheck(root, { level: 'deep' });
    assert.deepEqual(
      findings.map(({ kind, remedy }) => [kind, remedy]),
      [['missing-directory', 'make-directory']],
    );
    const { actions } = await runCheck(root, { level: 'normal', repair: { dryRun: false, dropDescendants: false } });
    assert.deepEqual(
      actions.map(({ remedy, state }) => [remedy, state]),
      [
        ['make-directory', 'planned'],
        ['make-directory', 'done'],
      ],
    );
    const { mode, mtimeNs } = lstatSync(path.join(directory, 'fs'), { bigint: true });
    assert.deepEqual([mode, mtimeNs], [before.mode, before.mtimeNs]);
    assert.deepEqual((await runCheck(root, { level: 'deep' })).findings, []);
  });

  it('puts right what else is wrong with such a layer', async () => {
    await using root = await openCheckedRoot();
    await root.snapshotter.prepare({ key: 'build' });
    await root.snapshotter.commit({ key: 'build', name: 'base' });
    const [[, id] = []] = root.store.read((tx) => [...tx.keys(bareLayersTable)]);
    const directory = path.join(root.snapshots, String(id));
    chmodSync(directory, 0o755);
    const { left, actions } = await runCheck(root, {
      level: 'normal',
      repair: { dryRun: false, dropDescendants: false },
    });
    assert.deepEqual([left, actions.at(-1)?.remedy, actions.at(-1)?.state], [[], 'set-mode', 'done']);
    assert.equal(lstatSync(directory).mode & 0o7777, 0o700);
  });
});
