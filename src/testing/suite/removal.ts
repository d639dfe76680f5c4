import assert from 'node:assert/strict';
import { FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import type { SuiteCase } from './case.js';
import { makeLayer, names, rejects } from './helpers.js';

/** Remove and Cleanup. */
export const removalCases: readonly SuiteCase[] = [
  {
    title: 'remove takes any kind, and the name is free at once',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'active' }, call);
      await snapshotter.view({ key: 'view' }, call);
      await makeLayer({ snapshotter, call }, { name: 'committed' });
      for (const key of ['active', 'view', 'committed']) {
        await snapshotter.remove(key, call);
        await rejects(snapshotter.stat(key, call), NotFoundError);
        await snapshotter.prepare({ key }, call);
      }
    },
  },
  {
    title: 'a parent cannot be removed until its children are gone',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      await makeLayer({ snapshotter, call }, { name: 'middle', parent: 'base' });
      await snapshotter.prepare({ key: 'top', parent: 'middle' }, call);
      for (const key of ['base', 'middle']) {
        await rejects(snapshotter.remove(key, call), FailedPreconditionError, /cannot remove snapshot with child/);
      }
      for (const key of ['top', 'middle', 'base']) await snapshotter.remove(key, call);
      assert.deepEqual(await names({ snapshotter, call }), []);
    },
  },
  {
    title: 'what is not there cannot be removed, looked at, mounted or measured',
    run: async ({ snapshotter, call }) => {
      for (const key of ['nobody', '']) {
        await rejects(snapshotter.remove(key, call), NotFoundError);
        await rejects(snapshotter.stat(key, call), NotFoundError);
        await rejects(snapshotter.mounts(key, call), NotFoundError);
        await rejects(snapshotter.usage(key, call), NotFoundError);
      }
    },
  },
  {
    title: 'cleanup keeps everything that is recorded, also while snapshots are being made',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      const making = Array.from({ length: 20 }, (_, n) => snapshotter.prepare({ key: `k${n}`, parent: 'base' }, call));
      const cleaning = Array.from({ length: 5 }, () => snapshotter.cleanup(call));
      await Promise.all([...making, ...cleaning]);
      await snapshotter.cleanup(call);
      for (let n = 0; n < making.length; n++) await snapshotter.usage(`k${n}`, call);
      assert.equal((await names({ snapshotter, call })).length, making.length + 1);
    },
  },
];
