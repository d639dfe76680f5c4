import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { snapshot } from '../../../tests/support/fake-daemon.js';
import { coloursFor } from './style.js';
import { renderTree, type TreeNode } from './tree.js';

const plain = { colours: coloursFor({ isTerminal: false, variables: {} }), now: new Date(0) };

function tree(
  nodes: readonly TreeNode[],
  { columns, fullNames = false }: { columns?: number; fullNames?: boolean } = {},
) {
  return [...renderTree(nodes, { style: { ...plain, ...(columns === undefined ? {} : { columns }) }, fullNames })];
}

/** A chain of committed snapshots, the first at the bottom. */
function chain(length: number): TreeNode[] {
  return Array.from({ length }, (_, n) => ({ info: snapshot(`l${n}`, { parent: n === 0 ? '' : `l${n - 1}` }) }));
}

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('a tree', () => {
  it('has parents before children, siblings in their order, and counts them', () => {
    const nodes = [
      { info: snapshot('work', { parent: 'app', kind: 'active' }), size: 4096 },
      { info: snapshot('base') },
      { info: snapshot('app', { parent: 'base' }), size: 1024 },
      { info: snapshot('look', { parent: 'base', kind: 'view' }) },
      { info: snapshot('other') },
    ] as const;
    assert.deepEqual(tree(nodes), [
      '● base',
      '├─ ● app  1.0 KiB',
      '│  └─ ○ work  active  4.0 KiB',
      '└─ ◐ look  view',
      '● other',
      '● 3 committed  ○ 1 active  ◐ 1 view',
    ]);
  });

  it('counts nothing where there is nothing', () => {
    assert.deepEqual(tree([]), ['● 0 committed  ○ 0 active  ◐ 0 view']);
  });

  it('names a parent that is not in the list', () => {
    assert.equal(tree([{ info: snapshot('a', { parent: 'gone' }) }])[0], '● a  parent gone is missing');
  });

  it('cuts digests, unless they are to be shown in full', () => {
    const nodes = [{ info: snapshot(digest) }, { info: snapshot('a', { parent: `${digest}0` }) }];
    assert.deepEqual(tree(nodes).slice(0, 2), ['● sha256:0123456789ab', '● a  parent sha256:0123456789ab is missing']);
    assert.equal(tree(nodes, { fullNames: true })[0], `● ${digest}`);
  });

  it('escapes names', () => {
    assert.equal(tree([{ info: snapshot('a\n● b') }])[0], '● a\\n● b');
  });

  it('draws some levels of a deep chain, and says how deep it is', () => {
    const lines = tree(chain(50));
    assert.equal(lines[40], `${'   '.repeat(39)}└─ ● l40`);
    assert.equal(lines[41], `⋯41 ${'   '.repeat(39)}└─ ● l41`);
  });

  it('draws fewer on a narrow terminal, so that a name fits behind them', () => {
    const deep = [
      ...chain(60),
      { info: snapshot(digest, { parent: 'l59', kind: 'active' }), size: 1000 * 1024 ** 2 },
    ] as const;
    for (const columns of [50, 60, 80, 160]) {
      const widest = Math.max(...tree(deep, { columns }).map((line) => line.length));
      assert.ok(widest <= columns, `${widest} places on a terminal of ${columns}`);
    }
    assert.equal(tree(chain(5), { columns: 20 })[4], '⋯4 └─ ● l4');
  });

  it('takes a chain of any depth', () => assert.equal(tree(chain(20_000)).length, 20_001));
});
