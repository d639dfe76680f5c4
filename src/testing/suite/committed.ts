import assert from 'node:assert/strict';
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  NotImplementedError,
} from '../../errors/index.js';
import { labelsOf } from '../../snapshots/api/index.js';
import type { SuiteCase } from './case.js';
import { makeLayer, names, rejects } from './helpers.js';

/** Commit, and what committed snapshots are. */
export const committedCases: readonly SuiteCase[] = [
  {
    title: 'commit puts a name in the place of the key',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      await snapshotter.prepare({ key: 'k', parent: 'base' }, call);
      await snapshotter.commit({ key: 'k', name: 'layer' }, call);
      const info = await snapshotter.stat('layer', call);
      assert.equal(info.kind, 'committed');
      assert.equal(info.parent, 'base');
      await rejects(snapshotter.stat('k', call), NotFoundError);
      assert.deepEqual(await names({ snapshotter, call }), ['base', 'layer']);
    },
  },
  {
    title: 'commit keeps the labels it is given and no others',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'k', labels: labelsOf({ old: '1', 'containerd.io/snapshot/old': '1' }) }, call);
      await snapshotter.commit(
        { key: 'k', name: 'n', labels: labelsOf({ new: '2', 'containerd.io/snapshot/x': '3' }) },
        call,
      );
      const { labels } = await snapshotter.stat('n', call);
      assert.equal(labels.get('new'), '2');
      assert.equal(labels.get('containerd.io/snapshot/x'), '3');
      assert.equal(labels.has('old'), false);
      assert.equal(labels.has('containerd.io/snapshot/old'), false);
    },
  },
  {
    title: 'a name that is taken is refused, and the active snapshot stays',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'taken' });
      await snapshotter.prepare({ key: 'k' }, call);
      await rejects(snapshotter.commit({ key: 'k', name: 'taken' }, call), AlreadyExistsError);
      await rejects(snapshotter.commit({ key: 'k', name: 'k' }, call), AlreadyExistsError);
      await rejects(snapshotter.commit({ key: 'nobody', name: 'taken' }, call), AlreadyExistsError);
      assert.equal((await snapshotter.stat('k', call)).kind, 'active');
      await snapshotter.commit({ key: 'k', name: 'free' }, call);
    },
  },
  {
    title: 'what is not active cannot be committed',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      await snapshotter.view({ key: 'view', parent: 'base' }, call);
      await rejects(snapshotter.commit({ key: 'nobody', name: 'n' }, call), NotFoundError);
      await rejects(snapshotter.commit({ key: 'view', name: 'n' }, call), FailedPreconditionError, /is not active/);
      await rejects(snapshotter.commit({ key: 'base', name: 'n' }, call), FailedPreconditionError, /is not active/);
      assert.deepEqual(await names({ snapshotter, call }), ['base', 'view']);
    },
  },
  {
    title: 'an empty name and one that is too long are refused, and the active snapshot stays',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'k' }, call);
      await rejects(snapshotter.commit({ key: 'k', name: '' }, call), InvalidArgumentError);
      await rejects(snapshotter.commit({ key: 'k', name: 'n'.repeat(65_536) }, call), InvalidArgumentError);
      assert.deepEqual(await names({ snapshotter, call }), ['k']);
    },
  },
  {
    title: 'a committed snapshot cannot be mounted, but viewed',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      await rejects(snapshotter.mounts('base', call), FailedPreconditionError, /not active or view/);
      await snapshotter.view({ key: 'look', parent: 'base' }, call);
    },
  },
  {
    title: 'a commit with a parent puts a parentless snapshot onto it, or is refused where layers are whole copies',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      await snapshotter.prepare({ key: 'k' }, call);
      try {
        await snapshotter.commit({ key: 'k', name: 'layer', parent: 'base' }, call);
      } catch (error) {
        assert.ok(error instanceof NotImplementedError, String(error));
        assert.equal((await snapshotter.stat('k', call)).kind, 'active');
        return;
      }
      assert.equal((await snapshotter.stat('layer', call)).parent, 'base');
      await rejects(snapshotter.remove('base', call), FailedPreconditionError);
      await snapshotter.remove('layer', call);
      await snapshotter.remove('base', call);
    },
  },
  {
    title: 'a commit onto an unknown parent, or one that is not committed, leaves the active snapshot',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'k' }, call);
      await snapshotter.prepare({ key: 'other' }, call);
      await rejects(snapshotter.commit({ key: 'k', name: 'n', parent: 'nobody' }, call), NotFoundError);
      await rejects(snapshotter.commit({ key: 'k', name: 'n', parent: 'other' }, call), FailedPreconditionError);
      assert.deepEqual(await names({ snapshotter, call }), ['k', 'other']);
    },
  },
  {
    title: 'of many that commit one name at once, one does',
    run: async ({ snapshotter, call }) => {
      const keys = Array.from({ length: 8 }, (_, n) => `k${n}`);
      await Promise.all(keys.map((key) => snapshotter.prepare({ key }, call)));
      const outcomes = await Promise.allSettled(keys.map((key) => snapshotter.commit({ key, name: 'layer' }, call)));
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          assert.ok(outcome.reason instanceof AlreadyExistsError, String(outcome.reason));
      }
      assert.equal((await names({ snapshotter, call })).length, keys.length);
    },
  },
];
