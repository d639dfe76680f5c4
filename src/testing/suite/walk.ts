import assert from 'node:assert/strict';
import { CanceledError, InvalidArgumentError } from '../../errors/index.js';
import { labelsOf } from '../../snapshots/api/index.js';
import type { SuiteCase } from './case.js';
import { list, makeLayer, names, rejects } from './helpers.js';

const many = 600;

/** Walk. */
export const walkCases: readonly SuiteCase[] = [
  {
    title: 'walk finds nothing in an empty snapshotter',
    run: async (context) => assert.deepEqual(await list(context), []),
  },
  {
    title: 'walk goes in the byte order of the names',
    run: async ({ snapshotter, call }) => {
      // U+E000 sorts before U+1F680 by bytes and behind it by UTF-16 units.
      const keys = ['\u{1f680}', '\ue000', 'b', 'a b', 'a', 'Z', 'a/b'];
      for (const key of keys) await snapshotter.prepare({ key }, call);
      const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      assert.deepEqual(await names({ snapshotter, call }), byBytes);
    },
  },
  {
    title: 'walk sees each of many once, also while others come and go',
    run: async ({ snapshotter, call }) => {
      const keys = Array.from({ length: many }, (_, n) => `k${String(n).padStart(4, '0')}`);
      await Promise.all(keys.map((key) => snapshotter.prepare({ key }, call)));
      const seen: string[] = [];
      for await (const { name } of snapshotter.walk({}, call)) {
        seen.push(name);
        if (seen.length % 100 === 0) await snapshotter.prepare({ key: `a${seen.length}` }, call);
      }
      assert.deepEqual(
        seen.filter((name) => name.startsWith('k')),
        keys,
      );
    },
  },
  {
    title: 'walk honours filters, joined by "or"',
    run: async ({ snapshotter, call }) => {
      await makeLayer({ snapshotter, call }, { name: 'base' });
      await snapshotter.prepare({ key: 'one', parent: 'base', labels: labelsOf({ 'a.b/c': 'x' }) }, call);
      await snapshotter.view({ key: 'two', parent: 'base' }, call);
      const context = { snapshotter, call };
      assert.deepEqual(await names(context, ['kind==active']), ['one']);
      assert.deepEqual(await names(context, ['parent==base']), ['one', 'two']);
      assert.deepEqual(await names(context, ['parent==""']), ['base']);
      assert.deepEqual(await names(context, ['labels."a.b/c"==x']), ['one']);
      assert.deepEqual(await names(context, ['name~=^b', 'kind==view']), ['base', 'two']);
      assert.deepEqual(await names(context, ['name==one,kind==view']), []);
    },
  },
  {
    title: 'a bad filter is refused',
    run: async (context) => {
      await rejects(list(context, ['name==a,,']), InvalidArgumentError, /filters: parse error/);
    },
  },
  {
    title: 'walk stops when its call is aborted',
    run: async ({ snapshotter, call }) => {
      await Promise.all(Array.from({ length: many }, (_, n) => snapshotter.prepare({ key: `k${n}` }, call)));
      const abort = new AbortController();
      const walking = async (): Promise<void> => {
        for await (const _ of snapshotter.walk({}, { ...call, signal: abort.signal })) abort.abort();
      };
      await rejects(walking(), CanceledError);
    },
  },
];
