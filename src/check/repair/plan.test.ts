import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemOf } from '../../../tests/support/fake-checker.js';
import { FakeFront } from '../../../tests/support/fake-front.js';
import { storeOf } from '../../../tests/support/snapshot-rows.js';
import type { Store } from '../../store/index.js';
import type { FindingKind, Remedy } from '../findings/kinds.js';
import type { CheckSubject, RepairOptions } from '../findings/types.js';
import { type Found, found } from '../scan/found.js';
import { planRepair } from './plan.js';

/** Two layers, two snapshots on the upper one, of which one belongs to a containerd in front; and one beside them. */
const rows = [
  { id: 1, key: 'base' },
  { id: 2, key: 'top', parent: 1 },
  { id: 3, key: 'work', kind: 'active', parent: 2, chain: '2,1' },
  { id: 4, key: 'look', kind: 'view', parent: 2, chain: '2,1', namespace: '' },
  { id: 5, key: 'lone' },
] as const;

function wrong(kind: FindingKind, id: number, remedy?: Remedy): Found {
  const details = { snapshotter: 'overlayfs', id: String(id), path: `/s/${id}`, message: 'it is wrong', remedy };
  return found(kind, { type: 'files', id: String(id), problem: problemOf('missing-directory') }, details);
}

function planned(
  store: Store,
  founds: readonly Found[],
  options: RepairOptions = {},
  changes: Partial<CheckSubject> = {},
) {
  const subject = { store, live: true, snapshotters: [], lostAndFound: () => '/nowhere', ...changes };
  return planRepair(subject, founds, options);
}

describe('planRepair', () => {
  it('has a step for each finding with a remedy, and says of what it does it', async () => {
    await using temporary = await storeOf([...rows]);
    const steps = planned(temporary.store, [wrong('wrong-mode', 1), wrong('usage-differs', 2), wrong('wrong-mode', 3)]);
    assert.deepEqual(
      steps.map(({ action }) => action),
      [1, 3].map((id) => ({
        snapshotter: 'overlayfs',
        id: String(id),
        remedy: 'set-mode',
        message: `sets the mode that the directory was made with (/s/${id})`,
        state: 'planned',
      })),
    );
  });

  it('tells what is wrong where there is no path', async () => {
    await using temporary = await storeOf([]);
    const missing = found(
      'missing-namespace',
      { type: 'namespace', namespace: 'n' },
      { namespace: 'n', message: 'it is gone' },
    );
    const [step] = planned(temporary.store, [missing]);
    assert.equal(step?.action.message, 'makes the namespace known again, without labels (it is gone)');
  });

  it('drops what nothing is based on', async () => {
    await using temporary = await storeOf([...rows]);
    const [step, ...more] = planned(temporary.store, [wrong('missing-directory', 5)]);
    assert.deepEqual([step?.action.state, step?.action.message, more], ['planned', 'drops it', []]);
    assert.deepEqual(
      step?.doomed.map(({ id }) => id),
      [5],
    );
  });

  it('drops a layer with what is based on it when that is asked for, and names it', async () => {
    await using temporary = await storeOf([...rows]);
    const [step] = planned(temporary.store, [wrong('missing-directory', 2)], { dropDescendants: true });
    const message = 'drops it, and with it 2 snapshots based on it: "default/work", "look"';
    assert.deepEqual([step?.action.state, step?.action.message], ['planned', message]);
    assert.deepEqual(
      step?.doomed.map(({ id }) => id),
      [2, 3, 4],
    );
  });

  it('leaves a layer otherwise, and says why', async () => {
    await using temporary = await storeOf([...rows.slice(0, 3)]);
    const [step] = planned(temporary.store, [wrong('missing-directory', 2)]);
    assert.deepEqual([step?.action.state, step?.action.reason], ['skipped', 'only with --drop-descendants']);
  });

  it('names no more than five', async () => {
    const many = Array.from({ length: 7 }, (_, index) => ({ id: index + 2, key: `k${index}`, parent: 1 }));
    await using temporary = await storeOf([{ id: 1 }, ...many]);
    const [step] = planned(temporary.store, [wrong('missing-directory', 1)], { dropDescendants: true });
    assert.match(String(step?.action.message), /7 snapshots based on it: .*"default\/k4", \.\.\.$/);
  });

  it('drops nothing twice', async () => {
    await using temporary = await storeOf([...rows]);
    const founds = [
      wrong('missing-directory', 5),
      wrong('content-differs', 5),
      wrong('missing-directory', 1),
      wrong('missing-directory', 2),
      wrong('missing-directory', 77),
    ];
    const steps = planned(temporary.store, founds, { dropDescendants: true });
    assert.deepEqual(
      steps.map(({ action }) => action.id),
      ['5', '1'],
    );
    const without = planned(temporary.store, founds);
    assert.deepEqual(
      without.map(({ action: { id, state } }) => [id, state]),
      [
        ['5', 'planned'],
        ['1', 'skipped'],
        ['2', 'skipped'],
      ],
      'of a layer that stays, those above it are told too',
    );
  });

  it('raises the mark of ids only while nobody gives any out', async () => {
    await using temporary = await storeOf([]);
    const mark = found('id-beyond-reserved', { type: 'mark' }, { id: '9', message: 'm' });
    const states = [true, false].map((live) => {
      const [step] = planned(temporary.store, [mark], {}, { live });
      return [step?.action.state, step?.action.reason];
    });
    assert.deepEqual(states, [
      ['skipped', 'stop the daemon first'],
      ['planned', undefined],
    ]);
  });

  it('does nothing while the store is damaged', async () => {
    await using temporary = await storeOf([...rows]);
    const damage = found('damaged-store', { type: 'store' }, { message: 'page 3 is damaged' });
    const founds = [damage, wrong('wrong-mode', 1), wrong('usage-differs', 1), wrong('missing-directory', 5)];
    const steps = planned(temporary.store, founds, { dropDescendants: true });
    assert.deepEqual(
      steps.map(({ action: { remedy, state, reason } }) => [remedy, state, reason]),
      ['set-mode', 'drop-snapshot'].map((remedy) => [remedy, 'skipped', 'the store is damaged, and restored first']),
    );
  });

  const proxied = [
    { id: 1, key: 'ci/2/base', namespace: '' },
    { id: 2, key: 'ci/9/work', namespace: '', kind: 'active', parent: 1 },
    { id: 3, key: 'ci/4/top', namespace: '', parent: 1 },
  ] as const;

  it('names what a containerd that is not reached has to be told, children first', async () => {
    await using temporary = await storeOf([...proxied]);
    const [step] = planned(temporary.store, [wrong('missing-directory', 1)], { dropDescendants: true });
    assert.deepEqual(step?.action.forget, [
      { namespace: 'ci', key: 'work' },
      { namespace: 'ci', key: 'top' },
      { namespace: 'ci', key: 'base' },
    ]);
    const [skipped] = planned(temporary.store, [wrong('missing-directory', 1)]);
    assert.deepEqual([skipped?.action.state, skipped?.action.forget], ['skipped', undefined]);
  });

  it('names the containers that use what is dropped, where containerd is reached, which is told by itself then', async () => {
    await using temporary = await storeOf([...proxied]);
    const front = new FakeFront();
    front.users.set('ci/9/work', ['one', 'two']);
    const [step] = planned(temporary.store, [wrong('missing-directory', 1)], { dropDescendants: true }, { front });
    assert.match(
      step?.action.message ?? '',
      /^drops it, here and in containerd, and with it 2 snapshots based on it: .*; the containers "one", "two" use it$/,
    );
    assert.equal(step?.action.forget, undefined);
  });

  it('lets containerd forget what a container uses only when what is based on a layer may go', async () => {
    await using temporary = await storeOf([]);
    const front = new FakeFront();
    front.users.set('ci/9/work', ['one']);
    const lost = (key: string) =>
      found('lost-snapshot', { type: 'front', snapshot: { snapshotter: 'overlayfs', key } }, { key, message: 'lost' });
    const founds = [lost('ci/9/work'), lost('ci/2/base')];
    const states = (options: RepairOptions) =>
      planned(temporary.store, founds, options, { front }).map(({ action: { state, message } }) => [state, message]);
    const used = 'deletes containerd\'s record of it; the container "one" uses it';
    const unused = "deletes containerd's record of it";
    assert.deepEqual(states({}), [
      ['skipped', used],
      ['planned', unused],
    ]);
    assert.deepEqual(states({ dropDescendants: true }), [
      ['planned', used],
      ['planned', unused],
    ]);
  });
});
