import assert from 'node:assert/strict';
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { newRoot, startParts } from '../../../tests/support/plugins.js';
import { noFaults } from '../../base/index.js';
import { pluginTypes } from './plugin-types.js';
import { storePlugin } from './store.js';

const start = (root: string) =>
  startParts(root, [storePlugin], { durability: 'full', faults: noFaults, backups: path.join(root, 'backups') });

describe('the store of a daemon', () => {
  it('lies in the root, and is closed with the daemon', async (t) => {
    const root = await newRoot(t);
    for (let run = 0; run < 2; run++) {
      const started = await start(root);
      await using plugins = started.plugins;
      const { file } = plugins.single(pluginTypes.store);
      assert.equal(path.dirname(path.dirname(file)), root);
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.equal(plugins.reports[0]?.exports.get('path'), file);
      assert.equal(plugins.reports[0]?.exports.get('root'), root);
    }
  });

  it('is not that of two daemons', async (t) => {
    const root = await newRoot(t);
    const first = await start(root);
    await using _first = first.plugins;
    const second = await start(root);
    await using plugins = second.plugins;
    assert.equal(plugins.reports[0]?.status, 'failed');
    assert.match(plugins.reports[0]?.error?.message ?? '', new RegExp(`\\b${process.pid}\\b`));
  });

  it('is not made beside the records of an older Strata', async (t) => {
    const root = await newRoot(t);
    await mkdir(path.join(root, 'io.strata.store.v1.lmdb'));
    const started = await start(root);
    await using plugins = started.plugins;
    assert.match(plugins.reports[0]?.error?.message ?? '', /has its records in LMDB/);
    assert.deepEqual(await readdir(root), ['io.strata.store.v1.lmdb']);
  });
});
