import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeContainerd } from '../../../tests/support/fake-containerd.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { noContext } from '../../snapshots/index.js';
import { openFront } from './open-front.js';
import { StatWatch } from './stat-watch.js';

const own = '/run/strata/strata.sock';

async function open(t: TestContext, prepare: (containerd: FakeContainerd) => void) {
  const stats = new StatWatch();
  const containerd = new FakeContainerd(stats);
  containerd.proxies.set('strata', own);
  prepare(containerd);
  const server = await containerd.serve();
  t.after(() => server[Symbol.asyncDispose]());
  const found = await openFront({ address: server.socket, own, stats }, noContext);
  assert.ok('front' in found);
  t.after(() => found.front[Symbol.asyncDispose]());
  return { containerd, stats, front: found.front };
}

const fronted = (key: string) => ({ snapshotter: 'overlayfs', key });

describe('a containerd in front', () => {
  it('has records of what it asks for, in all its namespaces, there or not', async (t) => {
    const { stats, front } = await open(t, (containerd) => {
      containerd.record('ci/1/a');
      containerd.record('ci/2/b', { lost: true });
      containerd.record('k8s.io/1/a');
    });
    const records = await front.records(noContext);
    assert.deepEqual(records, [
      { ...fronted('ci/1/a'), there: true },
      { ...fronted('ci/2/b'), there: false },
      { ...fronted('k8s.io/1/a'), there: true },
    ]);
    stats.tell({ ...fronted('ci/9/later'), there: false });
    assert.equal(records.length, 3);
  });

  it('claims exactly what it asks for: not another snapshot of the same name, nor what somebody else asks for', async (t) => {
    const { front } = await open(t, (containerd) => containerd.record('ci/2/a'));
    assert.equal(await front.claims(fronted('ci/2/a'), noContext), true);
    assert.equal(await front.claims(fronted('ci/1/a'), noContext), false);
    assert.equal(await front.claims({ snapshotter: 'erofs', key: 'ci/2/a' }, noContext), false);
    assert.equal(await front.claims(fronted('ci/3/other'), noContext), false);
    assert.equal(await front.claims(fronted('made-by-hand'), noContext), false);
  });

  it('does not claim what a commit that has not ended yet has renamed', async (t) => {
    const { containerd, front } = await open(t, (made) => made.record('ci/1/work', { lost: true }));
    containerd.underWay = () => void containerd.records.get('ci')?.delete('work');
    assert.equal(await front.claims(fronted('ci/1/work'), noContext), false);
  });

  it('knows which containers use a snapshot', async (t) => {
    const { containerd, front } = await open(t, (made) => made.record('ci/1/a'));
    const container = { namespace: 'ci', snapshotter: 'strata', snapshotKey: 'a' };
    containerd.containers.push({ ...container, id: 'one' }, { ...container, id: 'two' });
    containerd.containers.push({ ...container, id: 'other', snapshotter: 'overlayfs' });
    await front.records(noContext);
    assert.deepEqual(front.usersOf({ key: 'ci/1/a' }), ['one', 'two']);
    assert.deepEqual(front.usersOf({ key: 'k8s.io/1/a' }), []);
    assert.deepEqual(front.usersOf({ key: 'a' }), []);
  });

  it('forgets what is lost, and nothing else', async (t) => {
    const { containerd, front } = await open(t, (made) => {
      made.record('ci/1/there');
      made.record('ci/2/lost', { lost: true });
      made.record('ci/3/parent', { lost: true });
      made.parents.add('parent');
    });
    assert.equal(await front.forget(fronted('ci/2/lost'), noContext), true);
    assert.equal(await front.forget(fronted('ci/2/lost'), noContext), false);
    assert.equal(await front.forget(fronted('ci/1/there'), noContext), false);
    assert.equal(await front.forget(fronted('ci/9/there'), noContext), false);
    await assert.rejects(front.forget(fronted('ci/3/parent'), noContext), FailedPreconditionError);
    assert.deepEqual(containerd.removed, ['ci lost']);
  });

  it('has collected what containerd refuses to remove for a child that is collected already', async (t) => {
    const { containerd, front } = await open(t, (made) => {
      made.record('ci/3/layer', { lost: true });
      made.parents.add('layer');
      made.garbage.add('ci layer');
      made.kept.set('sha256:config containerd.io/gc.ref.snapshot.strata', 'layer');
      made.kept.set('sha256:config containerd.io/gc.ref.snapshot.other', 'elsewhere');
    });
    assert.equal(await front.forget(fronted('ci/3/layer'), noContext), true);
    assert.deepEqual([...containerd.kept.values()], ['elsewhere']);
    assert.equal(await front.claims(fronted('ci/3/layer'), noContext), false);
  });

  it('is not compared when it asks another daemon than this one', async (t) => {
    const { containerd, front } = await open(t, (made) => made.record('ci/1/a'));
    containerd.asksUs = false;
    await assert.rejects(front.records(noContext), FailedPreconditionError);
    containerd.records.clear();
    assert.deepEqual(await front.records(noContext), []);
  });
});
