import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { doctorFacts } from '../../tests/support/doctor-facts.js';
import type { SettingsFacts } from './facts.js';
import { gatherFacts } from './gather.js';

const type = 'io.containerd.snapshotter.v1';

describe('the facts of a diagnosis', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'strata-gather-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const gather = (settings: Partial<SettingsFacts> = {}) => {
    const { settings: usual, daemon } = doctorFacts({ settings: { root, ...settings } });
    return gatherFacts({ settings: usual, daemon, containerd: { configFile: join(root, 'no.toml') } });
  };

  it('are those of this machine and of what was given', async () => {
    const facts = await gather();
    assert.equal(facts.node, process.versions.node);
    assert.deepEqual([facts.machine.platform, facts.root.path], [process.platform, root]);
    assert.equal(facts.daemon.version, '1.0.0');
    assert.equal(facts.containerd.configured, false);
  });

  it('leave nothing behind, and do not make the root', async () => {
    await gather();
    assert.deepEqual(await readdir(root), []);
    const facts = await gather({ root: join(root, 'not', 'yet') });
    assert.equal(facts.root.nearest, root);
    assert.deepEqual(await readdir(root), []);
  });

  it('know which snapshotters have files there', async () => {
    for (const place of [
      'overlayfs/snapshots/1',
      'native/snapshots',
      'btrfs/active/2',
      'btrfs/view',
      'blockfile/scratch/x',
    ]) {
      const [name = '', ...below] = place.split('/');
      await mkdir(join(root, `${type}.${name}`, ...below), { recursive: true });
    }
    await writeFile(join(root, `${type}.devmapper`), 'no directory');
    await mkdir(join(root, 'io.strata.store.v1.sqlite', 'snapshots', '3'), { recursive: true });
    assert.deepEqual((await gather()).holding, ['btrfs', 'overlayfs']);
  });

  it('do not look at the layers of erofs where they need not be sealed', async () => {
    const erofs = join(root, `${type}.erofs`);
    const backEndRoots = { ...doctorFacts().settings.backEndRoots, erofs };
    await mkdir(join(erofs, 'snapshots', '1'), { recursive: true });
    await writeFile(join(erofs, 'snapshots', '1', 'layer.erofs'), 'layer');
    assert.deepEqual((await gather({ backEndRoots, sealedLayers: false })).unsealed, []);
    assert.deepEqual((await gather({ backEndRoots, sealedLayers: true })).unsealed, ['1']);
  });
});
