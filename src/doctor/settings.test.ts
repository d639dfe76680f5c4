import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { settingsFacts } from './settings.js';

const environment = { uid: 0, gid: 0, variables: {} };

describe('the settings that a diagnosis looks at', () => {
  let directory: string;
  let file: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'strata-settings-'));
    file = join(directory, 'config.toml');
  });
  after(() => rm(directory, { recursive: true }));

  it('are those of the configuration', async () => {
    const erofs = '[plugins."io.containerd.snapshotter.v1.erofs"]\nroot_path = "/e"\nenable_fsverity = true\n';
    await writeFile(file, `root = "/r"\nsnapshotter = "btrfs"\n[proxy]\nenabled = true\n${erofs}`);
    assert.deepEqual(await settingsFacts({ file, environment }), {
      root: '/r',
      address: '/run/strata/strata.sock',
      snapshotter: 'btrfs',
      proxy: true,
      backEndRoots: {
        overlayfs: '/r/io.containerd.snapshotter.v1.overlayfs',
        btrfs: '/r/io.containerd.snapshotter.v1.btrfs',
        native: '/r/io.containerd.snapshotter.v1.native',
        erofs: '/e',
        blockfile: '/r/io.containerd.snapshotter.v1.blockfile',
        devmapper: '/r/io.containerd.snapshotter.v1.devmapper',
      },
      sealedLayers: true,
    });
  });

  it('have erofs below the root, unsealed where that is left to the kernel', async () => {
    await writeFile(file, 'root = "/r"\n[plugins."io.containerd.snapshotter.v1.erofs"]\nenable_fsverity = "auto"\n');
    const { backEndRoots, sealedLayers } = await settingsFacts({ file, environment });
    assert.deepEqual([backEndRoots.erofs, sealedLayers], ['/r/io.containerd.snapshotter.v1.erofs', false]);
  });

  it('are the defaults where the configuration cannot be used, with the reason', async () => {
    await writeFile(file, 'root = "/r"\nlog_level = "loud"\n');
    const { root, problem } = await settingsFacts({ file, environment });
    assert.equal(root, '/var/lib/strata');
    assert.match(problem ?? '', /config\.toml:2: log_level: want .*got "loud"$/);
    const missing = await settingsFacts({ file: join(directory, 'gone'), environment });
    assert.equal(missing.problem, `configuration file ${join(directory, 'gone')} does not exist`);
  });
});
