import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Ran, runInProcess } from '../../../tests/support/run-cli.js';
import { DataLossError, UnavailableError } from '../../errors/index.js';
import type { CheckEvent, CheckOptions, StrataClient } from '../../rpc/client/index.js';
import type { Tools } from '../io.js';

const clean: CheckEvent = {
  type: 'summary',
  summary: { findings: 0, snapshots: 2, compared: 0, withoutFileList: 0, repaired: 0, unseen: [], unread: [] },
};
const finding = {
  kind: 'missing-work-directory',
  snapshotter: 'overlayfs',
  namespace: 'default',
  key: 'work',
  id: '3',
  path: '/s/3/work',
  message: 'it is not there',
  remedy: 'make-directory',
};
const found: readonly CheckEvent[] = [
  { type: 'finding', finding },
  { type: 'summary', summary: { ...clean.summary, findings: 1 } },
];
const action = { remedy: 'make-directory', snapshotter: 'overlayfs', message: 'makes it', state: 'planned' };
const repaired: readonly CheckEvent[] = [
  { type: 'finding', finding },
  { type: 'action', action },
  { type: 'action', action: { ...action, state: 'done' } },
  { type: 'summary', summary: { ...clean.summary, repaired: 1 } },
];

/** What was asked of whom. */
interface Asked {
  readonly of: 'daemon' | 'root';
  readonly options: CheckOptions | undefined;
  readonly root?: string;
}

interface Surroundings {
  readonly events?: readonly CheckEvent[];
  /** What is thrown after the events. */
  readonly failure?: Error;
  /** Why no daemon answers. */
  readonly noDaemon?: Error;
  readonly columns?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

/** Runs `strata check` with a daemon, or a root, that says what a test wants. */
async function checked(args: readonly string[], surroundings: Surroundings = {}): Promise<Ran & { asked: Asked[] }> {
  const { events = [clean], failure, noDaemon, ...terminal } = surroundings;
  const asked: Asked[] = [];
  async function* told(): AsyncGenerator<CheckEvent> {
    yield* events;
    if (failure !== undefined) throw failure;
  }
  const client = {
    version: async () => {
      if (noDaemon !== undefined) throw noDaemon;
      return { version: '1', revision: '' };
    },
    maintenance: {
      check: (options?: CheckOptions) => {
        asked.push({ of: 'daemon', options });
        return told();
      },
    },
    close: async () => undefined,
  };
  const tools: Partial<Tools> = {
    // Nothing else of a client is asked for.
    connect: async () => client as unknown as StrataClient,
    checkRoot: ({ root }, options) => {
      asked.push({ of: 'root', options, root });
      return told();
    },
  };
  const ran = await runInProcess(['check', ...args], { tools, ...terminal });
  return { ...ran, asked };
}

const unavailable = new UnavailableError('cannot reach /s: connect ENOENT /s');

describe('strata check', () => {
  it('asks the daemon, and ends with 0 when nothing is wrong', async () => {
    const { status, out, err, asked } = await checked([]);
    assert.deepEqual([status, out, err], [0, '2 snapshots checked: nothing wrong\n', '']);
    assert.deepEqual(asked, [{ of: 'daemon', options: { level: 'normal' } }]);
  });

  it('looks at the default root where no daemon runs, and says so', async () => {
    const { status, asked, err } = await checked(['--quick'], { noDaemon: unavailable });
    assert.equal(status, 0);
    assert.equal(
      err,
      'strata: no daemon answers on /run/strata/strata.sock, so this is about the root /var/lib/strata\n',
    );
    assert.deepEqual(asked, [{ of: 'root', options: { level: 'quick' }, root: '/var/lib/strata' }]);
  });

  it('looks at a root that is named, whether or not a daemon runs', async () => {
    const { asked } = await checked(['--root', '/elsewhere', '--deep']);
    assert.deepEqual(asked, [{ of: 'root', options: { level: 'deep' }, root: '/elsewhere' }]);
  });

  it('ends with 2 when a daemon is named, in whatever way, and does not answer', async () => {
    for (const [args, variables] of [
      [['--address', '/s'], {}],
      [[], { STRATA_ADDRESS: '/s' }],
    ] as const) {
      const { status, out, err, asked } = await checked(args, { noDaemon: unavailable, variables });
      assert.deepEqual([status, out, asked], [2, '', []]);
      assert.match(err, /^strata: unavailable: no daemon answers on \/s;/);
    }
  });

  it('does not choose between a daemon and a root that are both named', async () => {
    const { status, err, asked } = await checked(['--address', '/s', '--root', '/r']);
    assert.deepEqual([status, asked], [2, []]);
    assert.equal(err, 'strata: --address names a daemon, --root and --config a root: want one of them\n');
  });

  it('ends with 1 when there are findings, on one line where that fits', async () => {
    const { status, out } = await checked([], { events: found });
    assert.equal(status, 1);
    const line = '  overlayfs default/work id 3  /s/3/work: it is not there  [make-directory]';
    assert.equal(out, `missing-work-directory (1)\n${line}\n\n2 snapshots checked: 1 finding\n`);
    assert.equal((await checked([], { events: found, columns: 80 })).out, out);
  });

  it('breaks the lines on a narrow terminal', async () => {
    const { out } = await checked([], { events: found, columns: 50 });
    assert.match(
      out,
      /\n {2}overlayfs default\/work id 3 {2}\[make-directory\]\n {6}\/s\/3\/work\n {6}it is not there\n/,
    );
  });

  it('repairs when told to, and ends with 0 when nothing is left', async () => {
    const { status, out, asked } = await checked(['--repair', '--drop-descendants'], { events: repaired });
    assert.equal(status, 0);
    assert.match(out, /\nPlan\n {2}make-directory {2}overlayfs {2}makes it\n\nRepair\n {2}done {2}make-directory/);
    assert.match(out, /\n2 snapshots checked, 1 step of repair done: nothing wrong left\n$/);
    assert.deepEqual(asked[0]?.options, {
      level: 'normal',
      repair: { dryRun: false, dropDescendants: true, emptyLostAndFound: false },
    });
  });

  it('passes on that a repair is only to be planned', async () => {
    const { asked } = await checked(['--repair', '--dry-run']);
    assert.deepEqual(asked[0]?.options, {
      level: 'normal',
      repair: { dryRun: true, dropDescendants: false, emptyLostAndFound: false },
    });
  });

  it('compares with a containerd that is named, through the daemon alone', async () => {
    const { asked } = await checked(['--containerd', '/c.sock']);
    assert.deepEqual(asked, [{ of: 'daemon', options: { level: 'normal', containerd: '/c.sock' } }]);
    const { status, err, asked: nobody } = await checked(['--containerd', '/c.sock'], { noDaemon: unavailable });
    assert.deepEqual([status, nobody], [2, []]);
    assert.match(err, /\nstrata: --containerd needs a daemon in proxy mode: a root by itself cannot be compared/);
  });

  it('says whether it compared with containerd, and prints a note that is no finding', async () => {
    const note = { kind: 'unclaimed-snapshot', key: 'ci/1/a', message: 'nobody knows it', remedy: 'none' };
    const summary = { ...clean.summary, containerd: 'compared' };
    const events: readonly CheckEvent[] = [
      { type: 'note', finding: note },
      { type: 'summary', summary },
    ];
    const { status, out } = await checked([], { events });
    assert.equal(status, 0);
    assert.equal(
      out,
      'unclaimed-snapshot (1)\n  ci/1/a  nobody knows it  [none]\n\n2 snapshots checked, compared with containerd: nothing wrong\n',
    );
    const not: readonly CheckEvent[] = [{ type: 'summary', summary: { ...summary, containerd: 'nobody\nanswers' } }];
    const said = '2 snapshots checked, not compared with containerd (nobody\\nanswers): nothing wrong\n';
    assert.equal((await checked([], { events: not })).out, said);
  });

  it('prints one object as JSON, whatever the terminal', async () => {
    const { status, out } = await checked(['--json'], { events: repaired, columns: 30 });
    assert.equal(status, 0);
    const { findings, actions, left, summary } = JSON.parse(out);
    assert.deepEqual([findings, left], [[finding], []]);
    assert.deepEqual(
      actions.map(({ state }: { readonly state: string }) => state),
      ['planned', 'done'],
    );
    assert.equal(summary.repaired, 1);
  });

  it('prints nothing of a check that could not be made, and ends with 2', async () => {
    const { status, out, err } = await checked([], {
      events: found.slice(0, 1),
      failure: new DataLossError('it is damaged'),
    });
    assert.deepEqual([status, out, err], [2, '', 'strata: data loss: it is damaged\n']);
  });

  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--quick', '--deep'], /--quick and --deep: want one of them/],
    [['--dry-run'], /--dry-run, --drop-descendants and --empty-lost-found need --repair/],
    [['--drop-descendants'], /--dry-run, --drop-descendants and --empty-lost-found need --repair/],
    [['--empty-lost-found'], /--dry-run, --drop-descendants and --empty-lost-found need --repair/],
    [['--containerd', ''], /--containerd: want a path/],
    [['--containerd', '/c.sock', '--root', '/r'], /--containerd needs a daemon in proxy mode/],
    [['--rebuild'], /unknown option/],
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(' ')}`, async () => {
      const { status, err, asked } = await checked(args);
      assert.deepEqual([status, asked], [2, []]);
      assert.match(err, message);
    });
  }
});
