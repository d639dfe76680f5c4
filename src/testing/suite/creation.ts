import assert from 'node:assert/strict';
import { AlreadyExistsError, InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import { labelsOf } from '../../snapshots/api/index.js';
import type { SuiteCase } from './case.js';
import { isReadOnly, makeLayer, names, rejects } from './helpers.js';

const awkwardKeys = [
  'extract-315423264-5r_q sha256:0a1b',
  '/absolute/path',
  '../../../../etc/passwd',
  'line one\nline two',
  'tab\tand\u0000nul',
  '.',
  'ünï/çødé/\u{1f680}',
  '%s%d%n',
  'k'.repeat(32_768),
];

/** Prepare and View. */
export const creationCases: readonly SuiteCase[] = [
  {
    title: 'prepare makes an active snapshot that can be written to',
    run: async ({ snapshotter, call }) => {
      const mounts = await snapshotter.prepare({ key: 'a' }, call);
      assert.ok(mounts.length > 0);
      assert.equal(isReadOnly(mounts), false);
      const info = await snapshotter.stat('a', call);
      assert.equal(info.name, 'a');
      assert.equal(info.kind, 'active');
      assert.equal(info.parent, '');
      assert.deepEqual(info.created, info.updated);
    },
  },
  {
    title: 'view makes a read-only snapshot, with and without a parent',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      assert.equal(isReadOnly(await snapshotter.view({ key: 'empty' }, call)), true);
      assert.equal(isReadOnly(await snapshotter.view({ key: 'over', parent: 'base' }, call)), true);
      const info = await snapshotter.stat('over', call);
      assert.equal(info.kind, 'view');
      assert.equal(info.parent, 'base');
    },
  },
  {
    title: 'mounts gives what prepare and view gave',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'one' });
      await makeLayer({ snapshotter, call }, { name: 'two', parent: 'one' });
      for (const parent of ['', 'one', 'two']) {
        const prepared = await snapshotter.prepare({ key: `p ${parent}`, parent }, call);
        assert.deepEqual(await snapshotter.mounts(`p ${parent}`, call), prepared);
        const viewed = await snapshotter.view({ key: `v ${parent}`, parent }, call);
        assert.deepEqual(await snapshotter.mounts(`v ${parent}`, call), viewed);
      }
    },
  },
  {
    title: 'a key can be any text, and no file is named after it',
    run: async ({ snapshotter, call }) => {
      for (const key of awkwardKeys) {
        await snapshotter.prepare({ key }, call);
        assert.equal((await snapshotter.stat(key, call)).name, key);
        await snapshotter.commit({ key, name: `${key.slice(0, 9)} committed` }, call);
        await snapshotter.remove(`${key.slice(0, 9)} committed`, call);
      }
      assert.deepEqual(await names({ snapshotter, call }), []);
    },
  },
  {
    title: 'an empty key and one that is too long are refused and leave nothing',
    run: async ({ snapshotter, call }) => {
      for (const key of ['', 'k'.repeat(65_536)]) {
        await rejects(snapshotter.prepare({ key }, call), InvalidArgumentError);
        await rejects(snapshotter.view({ key }, call), InvalidArgumentError);
      }
      assert.deepEqual(await names({ snapshotter, call }), []);
    },
  },
  {
    title: 'a key that is taken is refused, whatever kind holds it',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'active' }, call);
      await snapshotter.view({ key: 'view' }, call);
      await makeLayer({ snapshotter, call }, { name: 'committed' });
      for (const key of ['active', 'view', 'committed']) {
        await rejects(snapshotter.prepare({ key }, call), AlreadyExistsError);
        await rejects(snapshotter.view({ key }, call), AlreadyExistsError);
      }
      assert.deepEqual(await names({ snapshotter, call }), ['active', 'committed', 'view']);
    },
  },
  {
    title: 'an unknown parent, and one that is not committed, are refused and leave nothing',
    run: async ({ snapshotter, call }) => {
      await snapshotter.prepare({ key: 'active' }, call);
      await snapshotter.view({ key: 'view' }, call);
      await rejects(snapshotter.prepare({ key: 'x', parent: 'nobody' }, call), NotFoundError);
      await rejects(snapshotter.view({ key: 'x', parent: 'nobody' }, call), NotFoundError);
      for (const parent of ['active', 'view']) {
        await rejects(
          snapshotter.prepare({ key: 'x', parent }, call),
          InvalidArgumentError,
          /is not committed snapshot/,
        );
      }
      assert.deepEqual(await names({ snapshotter, call }), ['active', 'view']);
    },
  },
  {
    title: 'labels are stored, without those that are empty',
    run: async ({ snapshotter, call }) => {
      const labels = labelsOf({ 'containerd.io/gc.root': 'now', empty: '', ['__proto__']: 'a key like any other' });
      await snapshotter.prepare({ key: 'a', labels }, call);
      const stored = (await snapshotter.stat('a', call)).labels;
      assert.equal(stored.get('containerd.io/gc.root'), 'now');
      assert.equal(stored.get('__proto__'), 'a key like any other');
      assert.equal(stored.has('empty'), false);
    },
  },
  {
    title: 'of many that want one key at once, one gets it',
    run: async ({ snapshotter, call }) => {
      const attempts = Array.from({ length: 16 }, () => snapshotter.prepare({ key: 'wanted' }, call));
      const outcomes = await Promise.allSettled(attempts);
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          assert.ok(outcome.reason instanceof AlreadyExistsError, String(outcome.reason));
      }
      assert.deepEqual(await names({ snapshotter, call }), ['wanted']);
    },
  },
];
