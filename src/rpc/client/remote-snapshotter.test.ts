import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeSnapshotter, serveSnapshotters } from '../../../tests/support/grpc-server.js';
import { InvalidArgumentError, UnavailableError } from '../../errors/index.js';
import {
  type CallContext,
  type Info,
  type Mount,
  microsecondsOf,
  PreciseDate,
  type Snapshotter,
} from '../../snapshots/index.js';

/** What a snapshotter was asked. */
type Asked = [method: string, argument: unknown, call: Omit<CallContext, 'signal'>];

const mounts: Mount[] = [
  { type: 'overlay', source: 'overlay', target: '', options: ['workdir=/w', 'lowerdir=/a:/b'] },
  { type: 'bind', source: '/s', target: 'sub/dir', options: [] },
];
const info: Info = {
  name: 'ns/1/k',
  parent: 'ns/2/p',
  kind: 'committed',
  created: new PreciseDate(Date.parse('2026-11-24T01:02:03.456Z') * 1000 + 789),
  updated: new PreciseDate(-1_250_001),
  labels: new Map([
    ['__proto__', 'p'],
    ['containerd.io/gc.root', 'ünï'],
  ]),
};

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A snapshotter that notes what it is asked and gives fixed answers. */
function recording(asked: Asked[]): Snapshotter {
  const note = (method: string, argument: unknown, { signal, abortReason: _, ...call }: CallContext = {}): void => {
    assert.ok(signal instanceof AbortSignal);
    asked.push([method, argument, call]);
  };
  return fakeSnapshotter({
    prepare: async (request, call) => {
      note('prepare', request, call);
      return mounts;
    },
    view: async (request, call) => {
      note('view', request, call);
      return mounts;
    },
    mounts: async (key, call) => {
      note('mounts', key, call);
      return mounts;
    },
    commit: async (request, call) => note('commit', request, call),
    remove: async (key, call) => note('remove', key, call),
    stat: async (key, call) => {
      note('stat', key, call);
      return info;
    },
    update: async (request, call) => {
      note('update', request, call);
      return info;
    },
    usage: async (key, call) => {
      note('usage', key, call);
      return { size: 2 ** 40, inodes: 7 };
    },
    walk: async function* (request, call) {
      note('walk', request, call);
      yield info;
    },
    cleanup: async (call) => note('cleanup', undefined, call),
  });
}

const labels = new Map([['l', 'v']]);

interface RoundTrip {
  readonly title: string;
  readonly call: (snapshotter: Snapshotter, call: CallContext) => unknown;
  readonly asked: readonly [string, unknown];
  readonly answer: unknown;
}

const roundTrips: RoundTrip[] = [
  {
    title: 'prepare with everything',
    call: (s, call) => s.prepare({ key: 'k', parent: 'p', labels }, call),
    asked: ['prepare', { key: 'k', parent: 'p', labels }],
    answer: mounts,
  },
  {
    title: 'prepare with nothing',
    call: (s, call) => s.prepare({ key: '' }, call),
    asked: ['prepare', { key: '' }],
    answer: mounts,
  },
  {
    title: 'view',
    call: (s, call) => s.view({ key: 'k', parent: 'p', labels }, call),
    asked: ['view', { key: 'k', parent: 'p', labels }],
    answer: mounts,
  },
  { title: 'mounts', call: (s, call) => s.mounts('a b/ü\n', call), asked: ['mounts', 'a b/ü\n'], answer: mounts },
  {
    title: 'commit with everything',
    call: (s, call) => s.commit({ name: 'n', key: 'k', labels, parent: 'p' }, call),
    asked: ['commit', { name: 'n', key: 'k', labels, parent: 'p' }],
    answer: undefined,
  },
  {
    title: 'commit with little',
    call: (s, call) => s.commit({ name: 'n', key: 'k', parent: '', labels: new Map() }, call),
    asked: ['commit', { name: 'n', key: 'k' }],
    answer: undefined,
  },
  { title: 'remove', call: (s, call) => s.remove('k', call), asked: ['remove', 'k'], answer: undefined },
  { title: 'stat', call: (s, call) => s.stat('k', call), asked: ['stat', 'k'], answer: info },
  {
    title: 'update of all labels',
    call: (s, call) => s.update({ name: 'k', labels }, call),
    asked: ['update', { name: 'k', labels }],
    answer: info,
  },
  {
    title: 'update with literal field paths',
    call: (s, call) => s.update({ name: 'k', labels, fieldpaths: ['labels.containerd.io/gc.root', 'kind'] }, call),
    asked: ['update', { name: 'k', labels, fieldpaths: ['labels.containerd.io/gc.root', 'kind'] }],
    answer: info,
  },
  {
    title: 'usage',
    call: (s, call) => s.usage('k', call),
    asked: ['usage', 'k'],
    answer: { size: 2 ** 40, inodes: 7 },
  },
  {
    title: 'walk',
    call: (s, call) => collected(s.walk({ filters: ['name==a', 'kind==view'] }, call)),
    asked: ['walk', { filters: ['name==a', 'kind==view'] }],
    answer: [info],
  },
  { title: 'cleanup', call: (s, call) => s.cleanup(call), asked: ['cleanup', undefined], answer: undefined },
];

describe('a snapshotter over gRPC', () => {
  for (const { title, call, asked: expected, answer } of roundTrips) {
    it(`carries ${title} there and back`, async () => {
      const asked: Asked[] = [];
      await using served = await serveSnapshotters({ overlayfs: recording(asked) });
      const snapshotter = served.connect().snapshotter();
      assert.deepEqual(await call(snapshotter, { namespace: 'ns', lease: 'l' }), answer);
      assert.deepEqual(asked, [[...expected, { namespace: 'ns', lease: 'l' }]]);
    });
  }

  it('sends the namespace of the client unless the call has one, and an empty lease as a lease', async () => {
    const asked: Asked[] = [];
    await using served = await serveSnapshotters({ overlayfs: recording(asked) });
    const snapshotter = served.connect({ namespace: 'mine' }).snapshotter();
    const calls: CallContext[] = [{}, { namespace: 'other' }, { namespace: '' }, { lease: '' }, { lease: 'a,b' }];
    for (const call of calls) await snapshotter.remove('k', call);
    await served.connect().snapshotter().remove('k');
    assert.deepEqual(
      asked.map(([, , call]) => call),
      [
        { namespace: 'mine' },
        { namespace: 'other' },
        { namespace: '' },
        { namespace: 'mine', lease: '' },
        { namespace: 'mine', lease: 'a,b' },
        { namespace: 'default' },
      ],
    );
  });

  it('refuses a namespace that no header can carry', async () => {
    await using served = await serveSnapshotters({ overlayfs: recording([]) });
    const snapshotter = served.connect().snapshotter();
    for (const namespace of ['ü', 'a\nb', ' a', 'a ']) {
      await assert.rejects(
        snapshotter.stat('k', { namespace }),
        new InvalidArgumentError(`header containerd-namespace cannot be ${JSON.stringify(namespace)}`),
      );
    }
  });

  it('reaches the snapshotter that it is named after', async () => {
    const [one, two]: [Asked[], Asked[]] = [[], []];
    await using served = await serveSnapshotters({ one: recording(one), two: recording(two) });
    const client = served.connect();
    await client.snapshotter('two').remove('k');
    assert.deepEqual([one.length, two.length], [0, 1]);
    for (const [name, text] of [
      ['', 'snapshotter argument missing'],
      ['three', 'snapshotter not loaded: three'],
    ] as const) {
      await assert.rejects(client.snapshotter(name).remove('k'), (error: unknown) => {
        assert.ok(error instanceof InvalidArgumentError);
        assert.equal(error.message, `${text}: invalid argument`);
        return true;
      });
      await assert.rejects(collected(client.snapshotter(name).walk()), InvalidArgumentError);
    }
  });

  for (const kind of ['view', 'active', 'committed'] as const) {
    it(`keeps the kind ${kind}`, async () => {
      await using served = await serveSnapshotters({
        overlayfs: fakeSnapshotter({ stat: async () => ({ ...info, kind }) }),
      });
      assert.equal((await served.connect().snapshotter().stat('k')).kind, kind);
    });
  }

  const times: Record<string, Date> = {
    'no time, as Go has it': new Date('0001-01-01T00:00:00Z'),
    'microseconds before 1970': new PreciseDate(-1),
    'microseconds after 1970': new PreciseDate(1_795_500_000_123_456),
    'the end of the calendar': new Date('9999-12-31T23:59:59.999Z'),
  };
  for (const [name, created] of Object.entries(times)) {
    it(`keeps ${name}`, async () => {
      const stat = async (): Promise<Info> => ({ ...info, created });
      await using served = await serveSnapshotters({ overlayfs: fakeSnapshotter({ stat }) });
      const answer = await served.connect().snapshotter().stat('k');
      assert.equal(microsecondsOf(answer.created), microsecondsOf(created));
    });
  }

  it('refuses calls after it or its client is closed, and leaves the client to others', async () => {
    await using served = await serveSnapshotters({ overlayfs: recording([]) });
    const client = served.connect();
    const [closed, open] = [client.snapshotter(), client.snapshotter()];
    await closed.close();
    await assert.rejects(closed.stat('k'), new UnavailableError('snapshotter auto is closed'));
    await assert.rejects(collected(closed.walk()), new UnavailableError('snapshotter auto is closed'));
    assert.deepEqual(await open.stat('k'), info);
    await client.close();
    await client.close();
    await assert.rejects(open.stat('k'), new UnavailableError(`client of ${served.socket} is closed`));
  });
});
