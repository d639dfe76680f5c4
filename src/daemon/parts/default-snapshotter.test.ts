import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { newRoot, type StartedParts, snapshotterPart, startParts, storePart } from '../../../tests/support/plugins.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import { type DefaultSnapshotterConfig, defaultSnapshotterPlugin } from './default-snapshotter.js';
import { pluginTypes } from './plugin-types.js';

/** Starts a daemon's snapshotters on a root, with a choice between them. */
function start(
  root: string,
  names: readonly string[],
  change: Partial<DefaultSnapshotterConfig> = {},
): Promise<StartedParts> {
  const config = { snapshotter: 'auto', ...change };
  return startParts(root, [storePart, ...names.map(snapshotterPart), defaultSnapshotterPlugin], config);
}

const chosen = ({ plugins }: StartedParts) => plugins.single(pluginTypes.default).name;

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
    assert.deepEqual(readdirSync(root), ['io.strata.store.v1.sqlite']);
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

  it('passes over what did not start, and tells why', async (t) => {
    const root = await newRoot(t);
    const skipped = definePlugin({
      type: pluginTypes.snapshotter,
      id: 'overlayfs',
      requires: [pluginTypes.store],
      init: () => {
        throw new SkipPlugin('overlay cannot be mounted');
      },
    });
    const parts = [storePart, skipped, snapshotterPart('native'), defaultSnapshotterPlugin];
    const started = await startParts(root, parts, { snapshotter: 'auto' });
    await using plugins = started.plugins;
    const { name, reason } = plugins.single(pluginTypes.default);
    assert.equal(name, 'native');
    assert.match(reason, /^overlayfs does not work here \(overlay cannot be mounted\), btrfs does not work here/);
  });

  it('is an error in the log when the configured one is not started', async (t) => {
    const started = await start(await newRoot(t), ['native'], { snapshotter: 'btrfs' });
    await using _plugins = started.plugins;
    assert.equal(chosen(started), 'btrfs');
    assert.match(started.log.join(''), /"level":"error",.*"the default snapshotter is not started"/);
  });
});
