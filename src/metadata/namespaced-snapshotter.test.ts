import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../tests/support/memory-driver.js';
import { temporaryStore } from '../../tests/support/store.js';
import { AlreadyExistsError, FailedPreconditionError, NotFoundError, type StrataErrorClass } from '../errors/index.js';
import {
  GuardedSnapshotter,
  type Info,
  LocalSnapshotter,
  labelsOf,
  type Snapshotter,
  snapshotTables,
} from '../snapshots/index.js';
import { defineTable, type Store, textCodec } from '../store/index.js';
import { testSnapshotter } from '../testing/index.js';
import { LocalBackend, metadataTables, NamespacedSnapshotter, RemoteBackend } from './index.js';
import { metadataChildrenTable, metadataTable, namespacesTable, referencesTable } from './tables.js';

interface Opened {
  readonly store: Store;
  readonly driver: MemoryDriver;
  /** The back end, below the metadata. */
  readonly backend: Snapshotter;
  readonly snapshotter: NamespacedSnapshotter;
  readonly reported: string[];
}

const name = 'memory';

async function openLocal(t: TestContext): Promise<Opened> {
  const { store, ...temporary } = await temporaryStore([...snapshotTables, ...metadataTables]);
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const backend = await LocalSnapshotter.open({ name, store, driver });
  const snapshotter = new NamespacedSnapshotter({
    name,
    backend: new LocalBackend({ store, snapshotter: backend }),
    snapshotter: backend,
  });
  return { store, driver, backend, snapshotter, reported: [] };
}

/** Wraps the back end of a `RemoteBackend`, to stand for one with layers of its own. */
type Wrap = (inner: Snapshotter) => Snapshotter;

async function openRemote(t: TestContext, wrap: Wrap = (inner) => inner): Promise<Opened> {
  const own = await temporaryStore(snapshotTables);
  const { store, ...temporary } = await temporaryStore(metadataTables);
  t.after(() => own[Symbol.asyncDispose]());
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const backend = await LocalSnapshotter.open({ name, store: own.store, driver });
  const reported: string[] = [];
  const errors = { report: (task: string) => void reported.push(task) };
  const remote = new RemoteBackend({ store, name, snapshotter: wrap(backend), errors });
  const snapshotter = new NamespacedSnapshotter({ name, backend: remote, snapshotter: backend });
  return { store, driver, backend, snapshotter, reported };
}

const call = { namespace: 'default' };
const kinds = { local: openLocal, remote: openRemote };

for (const [kind, open] of Object.entries(kinds)) {
  testSnapshotter(`NamespacedSnapshotter over a ${kind} back end`, {
    open: async (t) => ({ snapshotter: new GuardedSnapshotter((await open(t)).snapshotter), call }),
    noMountReason: 'memory cannot be mounted',
  });
}

const refused = (promise: Promise<unknown>, Class: StrataErrorClass, message: string): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof Class, String(error));
    assert.equal(error.message, message);
    return true;
  });

async function list(snapshotter: Snapshotter, context = call): Promise<Info[]> {
  const infos: Info[] = [];
  for await (const info of snapshotter.walk({}, context)) infos.push(info);
  return infos;
}

function records(store: Store): number {
  return store.read((tx) => [...tx.range(metadataTable), ...tx.range(metadataChildrenTable)].length);
}

for (const [kind, open] of Object.entries(kinds)) {
  describe(`NamespacedSnapshotter over a ${kind} back end`, () => {
    it('wants a namespace, and a well-formed one', async (t) => {
      const { snapshotter } = await open(t);
      const bad = 'x'.repeat(77);
      const cases = [
        [undefined, 'namespace is required: failed precondition'],
        ['', 'namespace is required: failed precondition'],
        [
          'a/b',
          'namespace validation: identifier "a/b" must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$: invalid argument',
        ],
        [
          bad,
          `namespace validation: identifier "${bad}" greater than maximum length (76 characters): invalid argument`,
        ],
      ] as const;
      for (const [namespace, message] of cases) {
        const context = namespace === undefined ? {} : { namespace };
        await assert.rejects(snapshotter.prepare({ key: 'k' }, context), { message });
        await assert.rejects(snapshotter.stat('k', context), { message });
        await assert.rejects(snapshotter.remove('k', context), { message });
        await assert.rejects(list(snapshotter, context as typeof call), { message });
      }
      await snapshotter.cleanup({});
    });

    it('keeps namespaces apart', async (t) => {
      const { snapshotter, backend } = await open(t);
      const other = { namespace: 'other' };
      await snapshotter.prepare({ key: 'k' }, call);
      await snapshotter.prepare({ key: 'k' }, other);
      await snapshotter.commit({ key: 'k', name: 'layer' }, other);
      assert.deepEqual(
        (await list(snapshotter)).map((info) => info.name),
        ['k'],
      );
      await refused(snapshotter.stat('layer', call), NotFoundError, 'snapshot layer does not exist: not found');
      await refused(
        snapshotter.prepare({ key: 'x', parent: 'layer' }, call),
        NotFoundError,
        'parent snapshot layer does not exist: not found',
      );
      assert.deepEqual(
        (await list(backend)).map((info) => info.name),
        ['default/1/k', 'other/2/layer'],
      );
    });

    it('refuses in the words of containerd', async (t) => {
      const { snapshotter } = await open(t);
      await refused(
        snapshotter.commit({ key: 'k', name: 'n' }, call),
        NotFoundError,
        'can not find snapshotter "memory": not found',
      );
      await snapshotter.prepare({ key: 'a' }, call);
      await snapshotter.prepare({ key: 'p' }, call);
      await snapshotter.commit({ key: 'p', name: 'base' }, call);
      await snapshotter.view({ key: 'v', parent: 'base' }, call);
      await refused(snapshotter.prepare({ key: 'a' }, call), AlreadyExistsError, 'snapshot "a": already exists');
      const labels = labelsOf({ 'containerd.io/snapshot.ref': 'base' });
      const target = 'target snapshot "base": already exists';
      await refused(snapshotter.prepare({ key: 'x', labels }, call), AlreadyExistsError, target);
      await refused(snapshotter.prepare({ key: 'a', labels }, call), AlreadyExistsError, target);
      await refused(snapshotter.stat('', call), NotFoundError, 'snapshot  does not exist: not found');
      await refused(
        snapshotter.commit({ key: 'x', name: 'base' }, call),
        AlreadyExistsError,
        'snapshot "base": already exists',
      );
      await refused(
        snapshotter.commit({ key: 'x', name: 'n' }, call),
        NotFoundError,
        'snapshot x does not exist: not found',
      );
      await refused(
        snapshotter.commit({ key: 'a', name: 'n', parent: 'x' }, call),
        NotFoundError,
        'parent snapshot x does not exist: not found',
      );
      await refused(
        snapshotter.remove('base', call),
        FailedPreconditionError,
        'cannot remove snapshot with child: failed precondition',
      );
      await assert.rejects(snapshotter.prepare({ key: 'x', parent: 'a' }, call), {
        message: 'failed to create snapshot: parent "default/1/a" is not committed snapshot: invalid argument',
      });
      await assert.rejects(snapshotter.commit({ key: 'v', name: 'n' }, call), {
        message: /^failed to commit snapshot (default\/\d\/v): snapshot "\1" is not active: failed precondition$/,
      });
      await assert.rejects(snapshotter.mounts('base', call), {
        message:
          /^failed to get active mount: requested snapshot default\/\d\/base not active or view: failed precondition$/,
      });
      await assert.rejects(snapshotter.update({ name: '', labels: new Map() }, call), { message: 'invalid argument' });
      await assert.rejects(snapshotter.update({ name: 'a', labels: new Map(), fieldpaths: ['kind'] }, call), {
        message: 'cannot update "kind" field on snapshot "a": invalid argument',
      });
    });

    it('refuses labels that are too large, wherever they come from', async (t) => {
      const { snapshotter } = await open(t);
      await snapshotter.prepare({ key: 'a' }, call);
      const labels = labelsOf({ [`k${'y'.repeat(99)}`]: 'v'.repeat(3_997) });
      const message = `info.Labels: label key and value length (4097 bytes) greater than maximum size (4096 bytes), key: k${'y'.repeat(63)}: invalid argument`;
      await assert.rejects(snapshotter.prepare({ key: 'k', labels }, call), { message });
      await assert.rejects(snapshotter.view({ key: 'k', labels }, call), { message });
      await assert.rejects(snapshotter.commit({ key: 'a', name: 'n', labels }, call), { message });
      await assert.rejects(snapshotter.update({ name: 'a', labels }, call), { message });
      await snapshotter.prepare({ key: 'fits', labels: labelsOf({ k: 'v'.repeat(4_095) }) }, call);
    });

    it('passes only inherited labels down, and shows those of both layers, its own first', async (t) => {
      const { snapshotter, backend } = await open(t);
      const labels = labelsOf({
        mine: '1',
        'containerd.io/snapshot/x': '2',
        'containerd.io/snapshot/memory.id': 'own',
      });
      await snapshotter.prepare({ key: 'k', labels }, call);
      const below = (await backend.stat('default/1/k')).labels;
      assert.equal(below.has('mine'), false);
      assert.equal(below.get('containerd.io/snapshot/x'), '2');
      const shown = (await snapshotter.stat('k', call)).labels;
      assert.deepEqual(new Map([...shown].sort()), new Map([...labels].sort()));
      const fieldpaths = ['labels.mine', 'labels.containerd.io/snapshot/x'];
      await snapshotter.update({ name: 'k', labels: labelsOf({ mine: '3' }), fieldpaths }, call);
      assert.equal((await backend.stat('default/1/k')).labels.has('containerd.io/snapshot/x'), false);
      assert.equal((await snapshotter.stat('k', call)).labels.get('mine'), '3');
    });

    it('removes both records at once, so that nothing waits for a collector', async (t) => {
      const { snapshotter, backend, driver, store } = await open(t);
      await snapshotter.prepare({ key: 'p' }, call);
      await snapshotter.commit({ key: 'p', name: 'base' }, call);
      await snapshotter.prepare({ key: 'k', parent: 'base' }, call);
      for (const key of ['k', 'base']) await snapshotter.remove(key, call);
      assert.deepEqual(await list(backend), []);
      assert.equal(records(store), 0);
      assert.deepEqual(
        store.read((tx) => [...tx.range(referencesTable)]),
        [],
      );
      await snapshotter.cleanup();
      assert.equal(driver.files.size, 0);
    });

    it('refuses a lease that nobody made, and leaves nothing', async (t) => {
      const { snapshotter, backend, driver } = await open(t);
      const leased = { ...call, lease: '' };
      const message = 'lease does not exist: not found';
      await refused(snapshotter.prepare({ key: 'k' }, leased), NotFoundError, message);
      await refused(snapshotter.view({ key: 'k' }, leased), NotFoundError, message);
      assert.deepEqual(await list(snapshotter), []);
      await snapshotter.cleanup();
      assert.deepEqual(await list(backend), []);
      assert.equal(driver.files.size, 0);
      await snapshotter.prepare({ key: 'k' }, call);
      await snapshotter.remove('k', leased);
    });

    it('makes a namespace known with its first snapshot', async (t) => {
      const { snapshotter, store } = await open(t);
      await assert.rejects(snapshotter.prepare({ key: '' }, call));
      assert.deepEqual(
        store.read((tx) => [...tx.range(namespacesTable)]),
        [],
      );
      await snapshotter.prepare({ key: 'k' }, call);
      assert.deepEqual(
        store.read((tx) => [...tx.range(namespacesTable)].map(({ key }) => key)),
        [['default']],
      );
    });
  });
}

describe('layers that a remote back end has already', () => {
  const reference = 'sha256:abc, "quoted" /and spaced';
  const labels = labelsOf({ 'containerd.io/snapshot.ref': reference, mine: '1' });

  /** A back end that supplies a layer itself when it is asked for one by reference, once. */
  const supplying: Wrap = (inner) => {
    const supply = async (parent: string | undefined): Promise<void> => {
      const stored = labelsOf({ 'containerd.io/snapshot.ref': reference, 'containerd.io/snapshot/theirs': '2' });
      await inner.prepare({ key: 'fetching', ...(parent === undefined ? {} : { parent }) });
      await inner.commit({ key: 'fetching', name: `remote layer over ${parent}`, labels: stored });
    };
    return new Proxy(inner, {
      get(target, property) {
        if (property === 'prepare') {
          return async (request: Parameters<Snapshotter['prepare']>[0]) => {
            if (request.labels?.get('containerd.io/snapshot.ref') !== reference) return target.prepare(request);
            if (!(await list(target)).some((info) => info.name.startsWith('remote layer')))
              await supply(request.parent);
            throw new AlreadyExistsError(`snapshot ${request.key}`);
          };
        }
        const value: unknown = Reflect.get(target, property);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };

  const target = `target snapshot "${reference}" from snapshotter: already exists`;

  it('are recorded under the reference, with the labels of both sides', async (t) => {
    const { snapshotter } = await openRemote(t, supplying);
    await refused(snapshotter.prepare({ key: 'extract', labels }, call), AlreadyExistsError, target);
    const info = await snapshotter.stat(reference, call);
    assert.equal(info.kind, 'committed');
    assert.equal(info.labels.get('mine'), '1');
    assert.equal(info.labels.get('containerd.io/snapshot/theirs'), '2');
    await refused(snapshotter.stat('extract', call), NotFoundError, 'snapshot extract does not exist: not found');
    await snapshotter.prepare({ key: 'over', parent: reference }, call);
  });

  it('stay while another namespace stands on them, and go with the last', async (t) => {
    const { snapshotter, backend } = await openRemote(t, supplying);
    const other = { namespace: 'other' };
    await refused(snapshotter.prepare({ key: 'extract', labels }, call), AlreadyExistsError, target);
    await refused(snapshotter.prepare({ key: 'extract', labels }, other), AlreadyExistsError, target);
    await snapshotter.remove(reference, call);
    assert.equal((await list(backend)).length, 1);
    await snapshotter.cleanup();
    assert.equal((await list(backend)).length, 1);
    assert.equal((await snapshotter.stat(reference, other)).name, reference);
    await snapshotter.remove(reference, other);
    assert.deepEqual(await list(backend), []);
  });

  it('are reported as not found when the back end does not show them', async (t) => {
    const hiding: Wrap = (inner) =>
      new Proxy(inner, {
        get(target_, property) {
          if (property === 'prepare') return async () => Promise.reject(new AlreadyExistsError('snapshot x'));
          const value: unknown = Reflect.get(target_, property);
          return typeof value === 'function' ? value.bind(target_) : value;
        },
      });
    const { snapshotter } = await openRemote(t, hiding);
    await refused(
      snapshotter.prepare({ key: 'k', labels }, call),
      NotFoundError,
      `target snapshot "${reference}" in backend: not found`,
    );
    await assert.rejects(snapshotter.prepare({ key: 'k' }, call), {
      message: 'unexpected error from snapshotter: snapshot x: already exists: unknown',
    });
  });
});

describe('a remote back end', () => {
  it('loses what no record speaks of at the next cleanup, children first', async (t) => {
    const { snapshotter, backend } = await openRemote(t);
    await snapshotter.prepare({ key: 'kept' }, call);
    let parent = '';
    for (const stray of ['z', 'm', 'a']) {
      await backend.prepare({ key: `${stray} active`, parent });
      await backend.commit({ key: `${stray} active`, name: stray });
      parent = stray;
    }
    await backend.prepare({ key: 'top', parent });
    await snapshotter.cleanup();
    assert.deepEqual(
      (await list(backend)).map((info) => info.name),
      ['default/1/kept'],
    );
  });

  it('is compensated when the record is refused', async (t) => {
    const { snapshotter, backend } = await openRemote(t);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => snapshotter.prepare({ key: 'k' }, call)));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    assert.equal((await list(backend)).length, 1);
  });
});

/** Tables of snapshots, for writing what no snapshot is. */
const rawMetadataTable = defineTable<readonly [string, string, string], string>({
  name: 'metadata.snapshots',
  shape: ['string', 'string', 'string'],
  codec: textCodec,
});
const rawSnapshotsTable = defineTable<readonly [string, string], string>({
  name: 'snapshots',
  shape: ['string', 'string'],
  codec: textCodec,
});

describe('a snapshot with an unreadable record, in either layer', () => {
  it('does not keep the others from being listed', async (t) => {
    const { store, snapshotter } = await openLocal(t);
    for (const key of ['a', 'b', 'c', 'd']) await snapshotter.prepare({ key }, call);
    await store.write((tx) => {
      tx.put(rawMetadataTable, ['default', name, 'b'], 'x');
      tx.put(rawSnapshotsTable, [name, 'default/3/c'], 'x');
    });
    const names: string[] = [];
    for await (const info of snapshotter.walk({}, call)) names.push(info.name);
    assert.deepEqual(names, ['a', 'd']);
  });
});
