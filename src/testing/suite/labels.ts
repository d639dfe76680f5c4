import assert from 'node:assert/strict';
import { InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import { labelsOf, microsecondsOf, noLabels } from '../../snapshots/api/index.js';
import type { SuiteCase } from './case.js';
import { rejects } from './helpers.js';

const initial = labelsOf({ a: '1', b: '2', 'containerd.io/gc.root': 'x' });

/** Which labels an update leaves. */
const updates = [
  { what: 'no field paths replace all', fieldpaths: [], given: { n: '9' }, want: { n: '9' } },
  { what: '"labels" replaces all', fieldpaths: ['labels'], given: { n: '9', e: '' }, want: { n: '9' } },
  {
    what: 'a path sets one',
    fieldpaths: ['labels.a'],
    given: { a: '9', b: '9' },
    want: { a: '9', b: '2', 'containerd.io/gc.root': 'x' },
  },
  {
    what: 'an absent value deletes',
    fieldpaths: ['labels.a'],
    given: {},
    want: { b: '2', 'containerd.io/gc.root': 'x' },
  },
  {
    what: 'an empty value deletes',
    fieldpaths: ['labels.a'],
    given: { a: '' },
    want: { b: '2', 'containerd.io/gc.root': 'x' },
  },
  {
    what: 'the key is all behind the first dot',
    fieldpaths: ['labels.containerd.io/gc.root', 'labels.b'],
    given: { 'containerd.io/gc.root': 'y' },
    want: { a: '1', 'containerd.io/gc.root': 'y' },
  },
] as const;

/** Update. */
export const labelCases: readonly SuiteCase[] = [
  ...updates.map(
    ({ what, fieldpaths, given, want }): SuiteCase => ({
      title: `update: ${what}`,
      run: async ({ snapshotter, call }) => {
        await snapshotter.prepare({ key: 'k', labels: initial }, call);
        const before = await snapshotter.stat('k', call);
        const after = await snapshotter.update({ name: 'k', labels: labelsOf(given), fieldpaths }, call);
        const own = new Map([...after.labels].filter(([key]) => !key.startsWith('containerd.io/snapshot/')));
        assert.deepEqual(own, labelsOf(want));
        assert.deepEqual(await snapshotter.stat('k', call), after);
        assert.deepEqual(after.created, before.created);
        assert.ok(microsecondsOf(after.updated) > microsecondsOf(before.updated));
      },
    }),
  ),
  {
    title: 'update works on committed snapshots and survives until their removal',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'k' }, call);
      await snapshotter.commit({ key: 'k', name: 'n' }, call);
      await snapshotter.update({ name: 'n', labels: labelsOf({ a: '1' }), fieldpaths: ['labels.a'] }, call);
      assert.equal((await snapshotter.stat('n', call)).labels.get('a'), '1');
    },
  },
  {
    title: 'a field that cannot be changed refuses the whole update',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'k', labels: initial }, call);
      const before = await snapshotter.stat('k', call);
      for (const path of ['name', 'parent', 'kind', 'created_at', '', 'label.a']) {
        const update = { name: 'k', labels: labelsOf({ a: '9' }), fieldpaths: ['labels.a', path] };
        await rejects(snapshotter.update(update, call), InvalidArgumentError, /cannot update/);
      }
      assert.deepEqual(await snapshotter.stat('k', call), before);
    },
  },
  {
    title: 'what is not there cannot be updated',
    run: async ({ snapshotter, call }) => {
      await rejects(snapshotter.update({ name: 'nobody', labels: noLabels }, call), NotFoundError);
    },
  },
];
