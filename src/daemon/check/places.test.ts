import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Config, defaultConfig } from '../config/index.js';
import { lostAndFoundOf, snapshotterRoot } from './places.js';

const overlayfs = 'io.containerd.snapshotter.v1.overlayfs';

function configWith(rootPath: string): Config {
  const { plugins } = defaultConfig();
  return { ...defaultConfig(), root: '/r', plugins: { ...plugins, [overlayfs]: { ...plugins[overlayfs], rootPath } } };
}

describe('the places of a snapshotter', () => {
  it('are below the root', () => {
    const config = configWith('');
    assert.equal(snapshotterRoot(config, 'overlayfs'), '/r/io.containerd.snapshotter.v1.overlayfs');
    assert.equal(lostAndFoundOf(config, 'overlayfs'), '/r/lost+found');
  });

  it('are where the configuration says, on the file system of the snapshots', () => {
    const config = configWith('/elsewhere');
    assert.equal(snapshotterRoot(config, 'overlayfs'), '/elsewhere');
    assert.equal(lostAndFoundOf(config, 'overlayfs'), '/elsewhere/lost+found');
    assert.equal(lostAndFoundOf(config, 'native'), '/r/lost+found');
  });

  it('are below the root for a snapshotter that the configuration does not know', () => {
    const config = configWith('');
    assert.equal(snapshotterRoot(config, 'zfs'), '/r/io.containerd.snapshotter.v1.zfs');
    assert.equal(lostAndFoundOf(config, 'zfs'), '/r/lost+found');
    assert.equal(lostAndFoundOf(config, 'toString'), '/r/lost+found');
  });
});
