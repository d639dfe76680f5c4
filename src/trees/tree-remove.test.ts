import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isEntryName, type RemovalRequest, removeTreesNow } from './tree-remove.js';

/** A directory with trees of ten files each. */
function place(t: TestContext, names: readonly string[]): string {
  const root = mkdtempSync(path.join(tmpdir(), 'strata-remove-now-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  for (const name of names) {
    mkdirSync(path.join(root, name));
    for (let file = 0; file < 10; file++) writeFileSync(path.join(root, name, `${file}`), '');
  }
  return root;
}

const goOn = () => false;

describe('removeTreesNow', () => {
  it('leaves the rest after so many entries, or when it is stopped', (t) => {
    const root = place(t, ['1', '2']);
    let asked = 0;
    const ways: readonly [Omit<RemovalRequest, 'root' | 'names'>, () => boolean][] = [
      [{ maxEntries: 5 }, goOn],
      [{}, () => ++asked > 5],
    ];
    for (const [request, stop] of ways) {
      assert.deepEqual(removeTreesNow({ root, names: ['1', '2'], ...request }, stop), {
        finished: false,
        failures: [],
      });
    }
    // Of each five entries the first is the tree itself.
    assert.equal(readdirSync(path.join(root, '1')).length, 2);
    assert.equal(readdirSync(path.join(root, '2')).length, 10);
    assert.deepEqual(removeTreesNow({ root, names: ['1', '2'] }, goOn), { finished: true, failures: [] });
    assert.deepEqual(readdirSync(root), []);
  });

  it('begins each lane at another tree and another entry', (t) => {
    const root = place(t, ['1', '2']);
    const request = { root, names: ['1', '2'], maxEntries: 4 };
    removeTreesNow({ ...request, lane: { index: 0, count: 2 } }, goOn);
    removeTreesNow({ ...request, lane: { index: 1, count: 2 } }, goOn);
    assert.deepEqual(
      ['1', '2'].map((name) => readdirSync(path.join(root, name)).length),
      [7, 7],
    );
    const left = readdirSync(path.join(root, '1'));
    removeTreesNow({ root, names: ['1'], maxEntries: 2, lane: { index: 1, count: 2 } }, goOn);
    const after = readdirSync(path.join(root, '1'));
    assert.equal(
      left.findIndex((name) => !after.includes(name)),
      3,
    );
  });

  it('tells which trees it could not delete', (t) => {
    const root = place(t, ['1']);
    const { failures } = removeTreesNow({ root, names: ['1', 'x'.repeat(300)] }, goOn);
    assert.deepEqual(
      failures.map(({ error }) => error.code),
      ['ENAMETOOLONG'],
    );
    assert.deepEqual(readdirSync(root), []);
  });

  it('knows names of entries', () => {
    assert.deepEqual(['a', '.a', '..a', '', '.', '..', 'a/b', 'a\0'].map(isEntryName), [
      ...[true, true, true],
      ...[false, false, false, false, false],
    ]);
  });
});
