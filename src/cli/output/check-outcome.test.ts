import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CheckAction, CheckFinding, CheckSummary } from '../../rpc/client/index.js';
import { type CheckOutcome, renderOutcome } from './check-outcome.js';
import { coloursFor } from './style.js';

const summary: CheckSummary = {
  findings: 0,
  snapshots: 3,
  compared: 0,
  withoutFileList: 0,
  repaired: 0,
  unseen: [],
  unread: [],
};

const work: CheckFinding = {
  kind: 'missing-work-directory',
  snapshotter: 'overlayfs',
  namespace: 'default',
  key: 'work',
  id: '3',
  path: '/var/lib/strata/io.containerd.snapshotter.v1.overlayfs/snapshots/3/work',
  message: 'it is not there',
  remedy: 'make-directory',
};

const stray: CheckFinding = {
  kind: 'orphan-directory',
  snapshotter: 'overlayfs',
  id: '90',
  path: '/s/90',
  message: 'it has no record',
  remedy: 'move-away',
};

const damage: CheckFinding = {
  kind: 'damaged-store',
  path: '/s/strata.db',
  message: 'row 4 missing from index snapshots_by_parent; "strata restore" puts the records of a backup in its place',
  remedy: 'none',
};

const planned: CheckAction = {
  remedy: 'make-directory',
  snapshotter: 'overlayfs',
  namespace: 'default',
  key: 'work',
  id: '3',
  message: 'makes the directory again, where empty is all that it can have been (/s/3/work)',
  state: 'planned',
};

const failed: CheckAction = { ...planned, state: 'failed', reason: 'no space left on device' };

function render(outcome: Partial<CheckOutcome>, columns?: number, isTerminal = false): string {
  const colours = coloursFor({ isTerminal, variables: {} });
  const style = { colours, now: new Date(0), ...(columns === undefined ? {} : { columns }) };
  return [
    ...renderOutcome({ findings: [], notes: [], actions: [], left: [], summary: undefined, ...outcome }, style),
  ].join('\n');
}

describe('renderOutcome', () => {
  it('prints the commands that tell containerd what was dropped, once for each, however narrow the terminal', () => {
    const drop = { remedy: 'drop-snapshot', key: 'ci/2/b', message: 'drops it', state: 'planned' };
    const forget = [
      { namespace: 'ci', key: 'c d' },
      { namespace: 'ci', key: 'b' },
    ];
    const actions = [
      { ...drop, forget },
      { ...drop, key: 'ci/1/a', forget: [...forget, { namespace: 'ci', key: 'a' }, { namespace: 'k8s.io', key: 'z' }] },
    ];
    const commands = [
      "  ctr -n ci snapshots --snapshotter strata rm 'c d'",
      '  ctr -n ci snapshots --snapshotter strata rm b',
      '  ctr -n ci snapshots --snapshotter strata rm a',
      '  ctr -n k8s.io snapshots --snapshotter strata rm z',
    ];
    assert.ok(render({ actions }, 40).includes(`\n${commands.join('\n')}\n`));
    const [first] = actions.map((action) => ({ ...action, state: 'done' }));
    const skipped = { ...drop, state: 'skipped' };
    const done = render({ actions: [...actions, first ?? skipped, skipped] });
    assert.ok(done.includes('strata rm b\n') && !done.includes('strata rm a\n'), 'only what was done');
  });

  it('gives each finding one line, below its kind, where lines may be of any length', () => {
    assert.equal(
      render({ findings: [work, stray, { ...stray, id: '91', path: '/s/91' }, damage] }),
      `missing-work-directory (1)
  overlayfs default/work id 3  /var/lib/strata/io.containerd.snapshotter.v1.overlayfs/snapshots/3/work: it is not there  [make-directory]

orphan-directory (2)
  overlayfs id 90  /s/90: it has no record  [move-away]
  overlayfs id 91  /s/91: it has no record  [move-away]

damaged-store (1)
  /s/strata.db: row 4 missing from index snapshots_by_parent; "strata restore" puts the records of a backup in its place  [none]
`,
    );
  });

  it('breaks what is wider than the terminal, and keeps paths whole', () => {
    assert.equal(
      render({ findings: [work, stray, damage] }, 60),
      `missing-work-directory (1)
  overlayfs default/work id 3  [make-directory]
      /var/lib/strata/io.containerd.snapshotter.v1.overlayfs/snapshots/3/work
      it is not there

orphan-directory (1)
  overlayfs id 90  /s/90: it has no record  [move-away]

damaged-store (1)
  [none]
      /s/strata.db
      row 4 missing from index snapshots_by_parent; "strata
      restore" puts the records of a backup in its place
`,
    );
  });

  it('breaks a line that is one column too wide, and not one that fits', () => {
    const line = '  overlayfs id 90  /s/90: it has no record  [move-away]';
    assert.equal(render({ findings: [stray] }, line.length).split('\n')[1], line);
    assert.equal(render({ findings: [stray] }, line.length - 1).split('\n')[1], '  overlayfs id 90  [move-away]');
  });

  it('shows first the plan and then what came of it, with the reason', () => {
    assert.equal(
      render({ actions: [planned, failed] }),
      `Plan
  make-directory  overlayfs default/work id 3  makes the directory again, where empty is all that it can have been (/s/3/work)

Repair
  failed  make-directory  overlayfs default/work id 3  makes the directory again, where empty is all that it can have been (/s/3/work): no space left on device
`,
    );
  });

  it('breaks steps as well', () => {
    assert.equal(
      render({ actions: [planned, failed] }, 60),
      `Plan
  make-directory  overlayfs default/work id 3
      makes the directory again, where empty is all that it
      can have been (/s/3/work)

Repair
  failed  make-directory  overlayfs default/work id 3
      makes the directory again, where empty is all that it
      can have been (/s/3/work)
      no space left on device
`,
    );
  });

  it('shows what a repair has left', () => {
    assert.equal(
      render({ left: [stray] }),
      'Left\norphan-directory (1)\n  overlayfs id 90  /s/90: it has no record  [move-away]\n',
    );
  });

  const done: CheckAction = { ...planned, state: 'done' };
  const summaries: readonly (readonly [string, Partial<CheckOutcome>])[] = [
    ['3 snapshots checked: nothing wrong', { summary }],
    ['1 snapshot checked: 1 finding', { summary: { ...summary, snapshots: 1, findings: 1 } }],
    [
      '3 snapshots checked, 2 layers compared with a file list, 1 read without one: 4 findings',
      { summary: { ...summary, findings: 4, compared: 2, withoutFileList: 1 } },
    ],
    [
      '3 snapshots checked, files of zfs not looked at, layers of devmapper not read: nothing wrong',
      { summary: { ...summary, unseen: ['zfs'], unread: ['devmapper'] } },
    ],
    [
      '3 snapshots checked, 1 step of repair done: nothing wrong left',
      { summary: { ...summary, repaired: 1 }, actions: [done] },
    ],
    ['3 snapshots checked: 2 findings', { summary: { ...summary, findings: 2 }, actions: [planned] }],
  ];
  for (const [line, outcome] of summaries) {
    it(`ends with "${line}"`, () => assert.equal(render(outcome).split('\n').at(-1), line));
  }

  it('puts the result on a line of its own where the summary does not fit', () => {
    assert.equal(
      render({ summary: { ...summary, compared: 2, withoutFileList: 1 } }, 40),
      '3 snapshots checked, 2 layers compared\nwith a file list, 1 read without one:\nnothing wrong',
    );
  });

  it('leaves out the namespace of a containerd in front, and shortens digests', () => {
    const { namespace: _, ...bare } = { ...work, key: `sha256:${'0123456789abcdef'.repeat(4)}` };
    assert.match(render({ findings: [bare] }), /^ {2}overlayfs sha256:0123456789ab id 3 {2}/m);
  });

  it('lets nothing through to the terminal that somebody else has written, wide or narrow', () => {
    const evil = {
      ...work,
      kind: 'a\u001b[2J',
      key: 'k\u001b[31m',
      message: 'm\nfake',
      path: 'p\u0007',
      remedy: 'r\u001b',
    };
    const step = { ...failed, key: 'k\u001b[31m', message: 'm\nfake', state: 's\u001b', reason: 'r\u001b' };
    const names = { ...summary, unseen: ['u\u001b'], unread: ['n\u001b'] };
    for (const columns of [undefined, 20]) {
      const text = render({ findings: [evil], actions: [step], left: [evil], summary: names }, columns);
      assert.doesNotMatch(text, /[\u001b\u0007]/);
      assert.doesNotMatch(text, /^fake/m);
    }
  });

  it('paints kinds, states and the result, and counts columns without the paint', () => {
    const line = '  overlayfs id 90  /s/90: it has no record  [move-away]';
    const text = render({ findings: [stray], actions: [done], summary }, line.length, true);
    assert.match(text, /\u001b\[31morphan-directory\u001b\[39m/);
    assert.match(text, /\u001b\[32mdone\u001b\[39m/);
    assert.match(text, /\u001b\[32mnothing wrong left\u001b\[39m/);
    assert.ok(text.split('\n').includes(line));
  });
});
