import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { newRoot, startParts, storePart } from '../../../tests/support/plugins.js';
import { backupDirectory, backupPlugin } from './backup.js';
import { pluginTypes } from './plugin-types.js';

const hour = 3_600_000;

/** Starts the backups of a root, and waits for the first. */
async function start(root: string, backup: { readonly interval?: number; readonly directory?: string } = {}) {
  const config = { root, backup: { interval: hour, keep: 2, directory: '', ...backup } };
  const started = await startParts(root, [storePart, backupPlugin], { config });
  const report = started.plugins.reports.find(({ type }) => type === pluginTypes.backup.uri);
  return { ...started, config, report };
}

describe('the backups of a daemon', () => {
  it('lie in the root, unless they are wanted elsewhere, and are told to clients', async (t) => {
    const root = await newRoot(t);
    const { plugins, config, report, log } = await start(root);
    await using _plugins = plugins;
    const directory = path.join(root, 'io.strata.backup.v1.records');
    assert.equal(backupDirectory(config), directory);
    assert.equal(report?.exports.get('directory'), directory);
    await plugins.single(pluginTypes.backup).run();
    const newest = report?.exports.get('newest') ?? '';
    assert.equal(path.dirname(newest), directory);
    assert.ok((await readdir(directory)).includes(path.basename(newest)));
    assert.match(log.join(''), /made a backup of the records/);
    assert.equal(backupDirectory({ root, backup: { ...config.backup, directory: '/b' } }), '/b');
  });

  it('tell when they fail, in the log and to clients', async (t) => {
    const root = await newRoot(t);
    const directory = path.join(root, 'file');
    await writeFile(directory, '');
    const { plugins, report, log } = await start(root, { directory });
    await using _plugins = plugins;
    await plugins.single(pluginTypes.backup).run();
    assert.equal(report?.exports.has('newest'), false);
    assert.match(report?.exports.get('failed') ?? '', /^\d{4}-\d\d-\d\dT/);
    assert.match(log.join(''), /failed to make a backup of the records/);
  });

  it('are not made when they are off', async (t) => {
    const { plugins, report } = await start(await newRoot(t), { interval: 0 });
    await using _plugins = plugins;
    assert.equal(report?.status, 'skipped');
  });
});
