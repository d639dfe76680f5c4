import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runCheck } from '../../../tests/support/checked-root.js';
import { alterRows } from '../../../tests/support/damage/record-damage.js';
import { FakeFront } from '../../../tests/support/fake-front.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import { FailedPreconditionError } from '../../errors/index.js';
import type { CheckSubject, RepairOptions } from '../findings/types.js';

const rows = [
  { id: 1, key: 'ci/2/base', namespace: '' },
  { id: 2, key: 'ci/3/work', namespace: '', kind: 'active', parent: 1 },
  { id: 3, key: 'ci/1/namespaced' },
] as const;

async function open(front?: FakeFront, frontProblem?: string) {
  const temporary = await storeOf([...rows]);
  const subject: CheckSubject = {
    store: temporary.store,
    live: true,
    snapshotters: [],
    lostAndFound: () => '/nowhere',
    ...(front === undefined ? {} : { front }),
    ...(frontProblem === undefined ? {} : { frontProblem }),
  };
  const check = (repair?: RepairOptions) => runCheck({ subject }, repair === undefined ? {} : { repair });
  return { temporary, check, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}

describe('comparing with a containerd in front', () => {
  it('finds nothing where both have the same, and leaves out what is in a namespace here', async () => {
    const front = new FakeFront();
    front.add(true, 'ci/2/base', 'ci/3/work');
    await using opened = await open(front);
    const { findings, notes, summary } = await opened.check();
    assert.deepEqual([findings, notes, summary.containerd], [[], [], 'compared']);
  });

  it('finds what it has and is lost here, children first, with who uses it', async () => {
    const front = new FakeFront();
    front.add(true, 'ci/2/base', 'ci/3/work');
    front.add(false, 'ci/4/middle', 'ci/10/top', 'k8s.io/7/pod');
    front.users.set('ci/10/top', ['one']);
    await using opened = await open(front);
    const { findings, summary } = await opened.check();
    assert.deepEqual(
      findings.map(({ kind, snapshotter, namespace, key, remedy }) => [kind, snapshotter, namespace, key, remedy]),
      ['ci/10/top', 'k8s.io/7/pod', 'ci/4/middle'].map((key) => [
        'lost-snapshot',
        'overlayfs',
        undefined,
        key,
        'forget',
      ]),
    );
    assert.equal(
      findings[0]?.message,
      'containerd has a record of it, and it is not here; the container "one" uses it',
    );
    assert.equal(summary.findings, 3);
  });

  it('takes back what containerd has no record of any more when it is asked again', async () => {
    const front = new FakeFront();
    front.add(true, 'ci/2/base', 'ci/3/work');
    front.add(false, 'ci/4/committed-meanwhile');
    front.meanwhile = () => void front.known.delete('ci/4/committed-meanwhile');
    await using opened = await open(front);
    assert.deepEqual((await opened.check()).findings, []);
  });

  it('notes what it has no record of, which is no finding', async () => {
    const front = new FakeFront();
    front.add(true, 'ci/2/base');
    await using opened = await open(front);
    const { findings, notes, summary } = await opened.check();
    assert.deepEqual([findings, summary.findings], [[], 0]);
    assert.deepEqual(
      notes.map(({ kind, key, id, remedy }) => [kind, key, id, remedy]),
      [['unclaimed-snapshot', 'ci/3/work', '2', 'none']],
    );
  });

  it('does not note what was recorded, or went, while it was asked', async () => {
    const front = new FakeFront();
    await using opened = await open(front);
    front.meanwhile = async () => {
      front.add(true, 'ci/2/base');
      await alterRows(opened.temporary, 'DELETE FROM snapshots WHERE id = 2');
    };
    assert.deepEqual((await opened.check()).notes, []);
  });

  it('has containerd forget what is lost, and says what it would not forget', async () => {
    const front = new FakeFront();
    front.add(true, 'ci/2/base', 'ci/3/work');
    front.add(false, 'ci/4/middle', 'ci/10/top');
    await using opened = await open(front);
    const dry = await opened.check({ dryRun: true });
    assert.deepEqual([front.forgotten, dry.summary.findings], [[], 2]);
    front.failures.set('ci/4/middle', new FailedPreconditionError('cannot remove snapshot with child'));
    const kept = await opened.check({});
    assert.deepEqual(front.forgotten, ['ci/10/top']);
    assert.equal(kept.summary.findings, 1);
    const failed = kept.actions.find(({ state }) => state === 'failed');
    assert.match(failed?.reason ?? '', /cannot remove snapshot with child/);
    front.failures.clear();
    const cured = await opened.check({});
    assert.deepEqual([cured.summary.findings, cured.summary.repaired, cured.left], [0, 1, []]);
  });

  it('does not count notes among what a repair has left', async () => {
    const front = new FakeFront();
    front.add(true, 'ci/2/base');
    front.add(false, 'ci/4/top');
    await using opened = await open(front);
    const { left, summary } = await opened.check({});
    assert.deepEqual([left, summary.findings, summary.repaired], [[], 0, 1]);
  });

  it('says why it could not compare, and nothing where nobody is in front', async () => {
    await using apart = await open(undefined, 'cannot reach it');
    assert.equal((await apart.check()).summary.containerd, 'cannot reach it');
    await using alone = await open();
    assert.equal('containerd' in (await alone.check()).summary, false);
  });
});
