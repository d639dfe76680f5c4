import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { noFaults } from '../../base/index.js';
import { type CheckedFiles, noContext } from '../../snapshots/index.js';
import { diskUsage } from '../../trees/index.js';
import { overlayChecker } from './checker.js';
import { filesDirectory, makeSnapshotFiles, snapshotDirectory, workDirectory } from './files.js';

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-overlay-check-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'snapshots'));
  return root;
}

const make = (root: string, id: string, writable: boolean) =>
  makeSnapshotFiles(root, { id, writable, owner: undefined, faults: noFaults });

describe('overlayChecker', () => {
  it('finds nothing where all is as it was made', async (t) => {
    const root = place(t);
    const checker = overlayChecker(root, { open: false });
    await make(root, '1', true);
    await make(root, '2', false);
    const usage = await diskUsage(filesDirectory(root, '1'));
    for (const [id, kind] of [
      ['1', 'committed'],
      ['1', 'active'],
      ['2', 'view'],
    ] as const) {
      const { problems } = await checker.inspect({ id, kind, parentIds: [], usage }, 'deep', noContext);
      assert.deepEqual(problems, [], kind);
    }
  });

  it('makes again what can only have been empty, and tells what is lost', async (t) => {
    const root = place(t);
    const checker = overlayChecker(root, { open: false });
    await make(root, '1', true);
    await make(root, '2', false);
    rmSync(workDirectory(root, '1'), { recursive: true });
    rmSync(snapshotDirectory(root, '2'), { recursive: true });
    const repaired = async (files: CheckedFiles) => {
      const { problems } = await checker.inspect(files, 'quick', noContext);
      const done: [string, boolean, boolean][] = [];
      for (const problem of problems)
        done.push([problem.kind, problem.repairable, await checker.repair(files, problem)]);
      return done;
    };
    const usage = { size: 0, inodes: 1 };
    assert.deepEqual(await repaired({ id: '1', kind: 'active', parentIds: [], usage }), [
      ['missing-work-directory', true, true],
    ]);
    assert.deepEqual(await repaired({ id: '2', kind: 'view', parentIds: [], usage }), [
      ['missing-directory', true, true],
    ]);
    assert.equal(lstatSync(filesDirectory(root, '2')).mode & 0o7777, 0o755);
    const lost = { id: '3', kind: 'committed', parentIds: [], usage } as const;
    assert.deepEqual(await repaired(lost), [['missing-directory', false, false]]);
  });

  it('leaves the mode of a layer to containers, and not that of what is around it', async (t) => {
    const root = place(t);
    await make(root, '1', true);
    chmodSync(filesDirectory(root, '1'), 0o1777);
    chmodSync(snapshotDirectory(root, '1'), 0o755);
    const files = { id: '1', kind: 'active', parentIds: [], usage: { size: 0, inodes: 1 } } as const;
    const { problems } = await overlayChecker(root, { open: false }).inspect(files, 'normal', noContext);
    assert.deepEqual(
      problems.map(({ kind, path }) => [kind, path]),
      [['wrong-mode', snapshotDirectory(root, '1')]],
    );
  });
});
