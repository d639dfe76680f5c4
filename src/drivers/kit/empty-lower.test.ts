import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { labelsOf, noLabels, parentChainLabel } from '../../snapshots/index.js';
import { awaitsParent, emptyLower, ensureEmptyLower, inspectEmptyLower, repairEmptyLower } from './empty-lower.js';

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-empty-lower-'));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

describe('awaitsParent', () => {
  const labels = labelsOf({ [parentChainLabel]: 'sha256:0a1b' });
  const alone = { kind: 'active', parentIds: [], labels } as const;

  it('is so for what is written to, has no parent, and carries the label', () => {
    assert.equal(awaitsParent(alone), true);
    assert.equal(awaitsParent({ ...alone, kind: 'view' }), false);
    assert.equal(awaitsParent({ ...alone, parentIds: ['1'] }), false);
    assert.equal(awaitsParent({ ...alone, labels: noLabels }), false);
  });
});

describe('the check of the empty directory', () => {
  const find = (root: string, level: 'quick' | 'normal' = 'normal', open = true) =>
    inspectEmptyLower(root, { level, open }).map(({ kind, path }) => [kind, path]);
  const repair = (root: string) =>
    inspectEmptyLower(root, { level: 'normal', open: true }).map((problem) => repairEmptyLower(root, problem));

  it('finds nothing where it is as it was made', (t) => {
    const root = place(t);
    ensureEmptyLower(root);
    assert.deepEqual(find(root), []);
  });

  it('makes it again, which a root without a daemon may not have had yet', (t) => {
    const root = place(t);
    assert.deepEqual(find(root, 'quick', false), []);
    assert.deepEqual(find(root, 'quick'), [['missing-empty-directory', emptyLower(root)]]);
    assert.deepEqual(repair(root), [true]);
    assert.equal(lstatSync(emptyLower(root)).mode & 0o7777, 0o755);
    assert.deepEqual(find(root), []);
  });

  it('sets its mode', (t) => {
    const root = place(t);
    ensureEmptyLower(root);
    chmodSync(emptyLower(root), 0o700);
    assert.deepEqual(find(root, 'quick'), []);
    assert.deepEqual(find(root), [['wrong-mode', emptyLower(root)]]);
    assert.deepEqual(repair(root), [true]);
    assert.deepEqual(find(root), []);
  });

  it('names what lies in it, and what lies in its place', (t) => {
    const root = place(t);
    ensureEmptyLower(root);
    const stranger = join(emptyLower(root), 'file');
    writeFileSync(stranger, '');
    assert.deepEqual(find(root, 'quick', false), [['leftover', stranger]]);
    assert.deepEqual(repair(root), [false]);
    rmSync(stranger);
    rmdirSync(emptyLower(root));
    writeFileSync(emptyLower(root), '');
    assert.deepEqual(find(root, 'quick', false), [['wrong-type', emptyLower(root)]]);
  });
});
