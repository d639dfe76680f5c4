import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import {
  AlreadyExistsError,
  FailedPreconditionError,
  NotFoundError,
  type StrataErrorClass,
} from '../../errors/index.js';
import { testSnapshotter } from '../../testing/index.js';
import { labelsOf } from '../api/labels.js';
import type { Snapshotter } from '../api/snapshotter.js';
import type { Info } from '../api/types.js';
import { LocalSnapshotter } from '../engine/local-snapshotter.js';
import { Leases } from '../leases/leases.js';
import { SnapshotService } from '../service/snapshot-service.js';
import { NamespacedSnapshotter } from './namespaced-snapshotter.js';
import { Namespaces } from './namespaces.js';

async function open(t: TestContext) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new MemoryDriver();
  const inner = await LocalSnapshotter.open({ name: 'memory', store, driver });
  return { store, driver, inner, snapshotter: new NamespacedSnapshotter(inner) };
}

const call = { namespace: 'default' };

testSnapshotter('NamespacedSnapshotter', {
  open: async (t) => ({ snapshotter: new SnapshotService((await open(t)).snapshotter), call }),
  noMountReason: 'memory cannot be mounted',
});

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

describe('NamespacedSnapshotter', () => {
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
      [bad, `namespace validation: identifier "${bad}" greater than maximum length (76 characters): invalid argument`],
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
    const { snapshotter, inner } = await open(t);
    const other = { namespace: 'other' };
    await snapshotter.prepare({ key: 'k' }, call);
    await snapshotter.prepare({ key: 'k' }, other);
    await inner.prepare({ key: 'k' });
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
      message: 'failed to create snapshot: parent "a" is not committed snapshot: invalid argument',
    });
    await assert.rejects(snapshotter.commit({ key: 'v', name: 'n' }, call), {
      message: 'failed to commit snapshot v: snapshot "v" is not active: failed precondition',
    });
    await assert.rejects(snapshotter.mounts('base', call), {
      message: 'failed to get active mount: requested snapshot base not active or view: failed precondition',
    });
    await assert.rejects(snapshotter.update({ name: '', labels: new Map() }, call), { message: 'invalid argument' });
    await assert.rejects(snapshotter.update({ name: 'a', labels: new Map(), fieldpaths: ['kind'] }, call), {
      message: 'cannot update "kind" field on snapshot "a": invalid argument',
    });
  });

  it('leaves a snapshot on the parent that it has, whatever parent a commit names', async (t) => {
    const { snapshotter, inner } = await open(t);
    for (const name of ['one', 'two']) {
      for (const context of [call, {}]) {
        await inner.prepare({ key: 'k' }, context);
        await inner.commit({ key: 'k', name }, context);
      }
    }
    await snapshotter.prepare({ key: 'k', parent: 'one' }, call);
    await snapshotter.commit({ key: 'k', name: 'top', parent: 'two' }, call);
    assert.equal((await snapshotter.stat('top', call)).parent, 'one');
    await inner.prepare({ key: 'k', parent: 'one' });
    await assert.rejects(inner.commit({ key: 'k', name: 'top', parent: 'two' }), {
      message: 'failed to commit snapshot k: cannot change parent of active snapshot "k" on commit: invalid argument',
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

  it('shows the driver only inherited labels, and its clients all of them, recorded ones first', async (t) => {
    const { snapshotter, driver } = await open(t);
    const labels = labelsOf({
      mine: '1',
      'containerd.io/snapshot/x': '2',
      'containerd.io/snapshot/memory.id': 'own',
    });
    await snapshotter.prepare({ key: 'k', labels }, call);
    const seen = driver.created.get('1')?.labels;
    assert.deepEqual([...(seen ?? [])].sort(), [
      ['containerd.io/snapshot/memory.id', 'own'],
      ['containerd.io/snapshot/x', '2'],
    ]);
    const shown = (await snapshotter.stat('k', call)).labels;
    assert.deepEqual(new Map([...shown].sort()), new Map([...labels].sort()));
    const fieldpaths = ['labels.mine', 'labels.containerd.io/snapshot/x'];
    await snapshotter.update({ name: 'k', labels: labelsOf({ mine: '3' }), fieldpaths }, call);
    const after = (await snapshotter.stat('k', call)).labels;
    assert.equal(after.get('mine'), '3');
    assert.equal(after.has('containerd.io/snapshot/x'), false);
  });

  it('refuses a lease that nobody made, and leaves nothing', async (t) => {
    const { snapshotter, driver } = await open(t);
    const leased = { ...call, lease: '' };
    const message = 'lease does not exist: not found';
    await refused(snapshotter.prepare({ key: 'k' }, leased), NotFoundError, message);
    await refused(snapshotter.view({ key: 'k' }, leased), NotFoundError, message);
    assert.deepEqual(await list(snapshotter), []);
    await snapshotter.cleanup();
    assert.equal(driver.files.size, 0);
    await snapshotter.prepare({ key: 'k' }, call);
    await refused(snapshotter.commit({ key: 'k', name: 'n' }, leased), NotFoundError, message);
    assert.equal((await snapshotter.stat('k', call)).kind, 'active');
    await snapshotter.remove('k', leased);
  });

  it('puts what a call makes under its lease, and takes off what it commits or removes', async (t) => {
    const { snapshotter, store } = await open(t);
    const leases = new Leases(store);
    await leases.create({ id: 'l' }, call);
    const leased = { ...call, lease: 'l' };
    const held = async () => (await leases.listResources('l', call)).map(({ type, id }) => `${type} ${id}`);
    await snapshotter.prepare({ key: 'k' }, leased);
    assert.deepEqual(await held(), ['snapshots/memory k']);
    await snapshotter.commit({ key: 'k', name: 'layer' }, leased);
    await snapshotter.view({ key: 'v', parent: 'layer' }, leased);
    assert.deepEqual(await held(), ['snapshots/memory layer', 'snapshots/memory v']);
    await snapshotter.remove('v', call);
    assert.deepEqual(await held(), ['snapshots/memory layer', 'snapshots/memory v']);
    await snapshotter.view({ key: 'v', parent: 'layer' }, call);
    await snapshotter.remove('v', leased);
    await assert.rejects(snapshotter.remove('v', leased), NotFoundError);
    assert.deepEqual(await held(), ['snapshots/memory layer']);
  });

  it('leaves the leases of a containerd in front alone', async (t) => {
    const { inner } = await open(t);
    await inner.prepare({ key: 'k' }, { lease: 'theirs' });
    await inner.remove('k', { lease: 'theirs' });
  });

  it('makes a namespace known with its first snapshot', async (t) => {
    const { snapshotter, store } = await open(t);
    const namespaces = new Namespaces(store);
    await assert.rejects(snapshotter.prepare({ key: '' }, call));
    assert.deepEqual(await namespaces.list(), []);
    await snapshotter.prepare({ key: 'k' }, call);
    assert.deepEqual(
      (await namespaces.list()).map(({ name }) => name),
      ['default'],
    );
  });

  it('finds by filters what a look at every snapshot would, with and without an index', async (t) => {
    const { snapshotter } = await open(t);
    await snapshotter.prepare({ key: 'b' }, call);
    await snapshotter.commit({ key: 'b', name: 'base' }, call);
    for (let index = 0; index < 600; index++) {
      const labels = labelsOf({ parity: index % 2 === 0 ? 'even' : 'odd', [`only_${index}`]: 'x' });
      await snapshotter.prepare({ key: `k${index}`, ...(index % 3 === 0 ? { parent: 'base' } : {}), labels }, call);
    }
    const count = async (...filters: string[]) => {
      let found = 0;
      for await (const _ of snapshotter.walk({ filters }, call)) found++;
      return found;
    };
    assert.equal(await count('labels.parity==odd'), 300);
    assert.equal(await count('labels.only_17'), 1);
    assert.equal(await count('labels.only_17', 'labels."only_18"==x', 'name==k19'), 3);
    assert.equal(await count('parent==base'), 200);
    assert.equal(await count('parent==base,labels.parity==even'), 100);
    assert.equal(await count('labels.parity==even', 'kind==committed'), 301);
    assert.equal(await count('labels."containerd.io/snapshot/memory.id"==1'), 1);
    assert.equal(await count('labels.nobody'), 0);
    assert.equal(await count('parent==nobody'), 0);
  });
});
