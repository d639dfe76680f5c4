import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { definePlugin, type PluginSet, startPlugins } from '../../plugins/index.js';
import { LocalSnapshotter, snapshotTables } from '../../snapshots/index.js';
import { openLmdbStore } from '../../store/index.js';
import { createLogger } from '../logging/logger.js';
import {
  type DefaultSnapshotterConfig,
  defaultSnapshotterPlugin,
  defaultSnapshotterTable,
} from './default-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

const storePlugin = definePlugin({
  type: pluginTypes.store,
  id: 'lmdb',
  init: ({ root }) => openLmdbStore({ path: root, tables: [...snapshotTables, defaultSnapshotterTable] }),
  stop: (store) => store.close(),
});

const snapshotterPlugin = (name: string) =>
  definePlugin({
    type: pluginTypes.snapshotter,
    id: name,
    requires: [pluginTypes.store],
    init: ({ single }) => {
      const errors = { report: () => undefined };
      return LocalSnapshotter.open({ name, store: single(pluginTypes.store), driver: new MemoryDriver(), errors });
    },
    stop: (snapshotter) => snapshotter.close(),
  });

async function newRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'strata-default-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

interface Started {
  readonly plugins: PluginSet;
  readonly log: readonly string[];
}

/** Starts a daemon's snapshotters on a root, with a choice between them. */
async function start(
  root: string,
  names: readonly string[],
  change: Partial<DefaultSnapshotterConfig> = {},
): Promise<Started> {
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const logger = createLogger({ level: 'info', format: 'json', destination });
  const config = { snapshotter: 'auto', overlayRoot: root, logger, ...change };
  const plugins = await startPlugins([storePlugin, ...names.map(snapshotterPlugin), defaultSnapshotterPlugin], {
    root,
    state: root,
    configOf: () => config,
  });
  return { plugins, log };
}

const chosen = ({ plugins }: Started) => plugins.single(pluginTypes.default).name;

async function chosenAt(root: string, names: readonly string[]): Promise<string> {
  const started = await start(root, names);
  await using _plugins = started.plugins;
  return chosen(started);
}

describe('the default snapshotter of a daemon', () => {
  it('is overlayfs, says so in the log and to clients, and leaves nothing of the trial', async (t) => {
    const root = await newRoot(t);
    const started = await start(root, ['native', 'overlayfs']);
    await using plugins = started.plugins;
    assert.equal(chosen(started), 'overlayfs');
    const report = plugins.reports.find(({ id }) => id === 'snapshotter');
    assert.deepEqual(Object.fromEntries(report?.exports ?? []), { name: 'overlayfs', reason: 'it works here' });
    assert.match(started.log.join(''), /"level":"info",.*"snapshotter":"overlayfs","reason":"it works here"/);
    assert.deepEqual(readdirSync(root), ['io.strata.store.v1.lmdb']);
  });

  it('stays with a root that has snapshots, however the machine changes, until they are gone', async (t) => {
    const root = await newRoot(t);
    {
      const started = await start(root, ['native']);
      await using plugins = started.plugins;
      assert.equal(chosen(started), 'native');
      await plugins.all(pluginTypes.snapshotter).get('native')?.prepare({ key: 'k' });
    }
    assert.equal(await chosenAt(root, ['native', 'overlayfs']), 'native');
    assert.equal(await chosenAt(root, ['overlayfs']), 'native');
    {
      await using plugins = (await start(root, ['native', 'overlayfs'])).plugins;
      await plugins.all(pluginTypes.snapshotter).get('native')?.remove('k');
    }
    assert.equal(await chosenAt(root, ['native', 'overlayfs']), 'overlayfs');
  });

  it('stays with the one that was chosen when others were asked for by name', async (t) => {
    const root = await newRoot(t);
    assert.equal(await chosenAt(root, ['native', 'overlayfs']), 'overlayfs');
    {
      await using plugins = (await start(root, ['native', 'overlayfs'])).plugins;
      await plugins.all(pluginTypes.snapshotter).get('native')?.prepare({ key: 'k' });
    }
    assert.equal(await chosenAt(root, ['native', 'overlayfs']), 'overlayfs');
  });

  it('passes over overlayfs where it cannot be mounted', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async (t) => {
    const root = await newRoot(t);
    // In an option of overlay a colon ends a path.
    const overlayRoot = join(root, 'a:b');
    mkdirSync(overlayRoot);
    const started = await start(root, ['native', 'overlayfs'], { overlayRoot });
    await using _plugins = started.plugins;
    assert.equal(chosen(started), 'native');
  });

  it('is an error in the log when the configured one is not started', async (t) => {
    const started = await start(await newRoot(t), ['native'], { snapshotter: 'btrfs' });
    await using _plugins = started.plugins;
    assert.equal(chosen(started), 'btrfs');
    assert.match(started.log.join(''), /"level":"error",.*"the default snapshotter is not started"/);
  });
});
