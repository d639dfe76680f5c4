import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { InternalError, UnknownError } from '../../errors/index.js';
import type { PluginDescription } from '../../rpc/client/index.js';

const overlayfs: PluginDescription = {
  type: 'io.containerd.snapshotter.v1',
  id: 'overlayfs',
  requires: ['io.strata.store.v1', 'io.strata.events.v1'],
  platforms: [
    { os: 'linux', architecture: 'amd64', variant: '' },
    { os: 'linux', architecture: 'arm64', variant: 'v8' },
  ],
  exports: new Map([['root', '/var/lib/strata\n']]),
  capabilities: ['rebase'],
};
const bare = { ...overlayfs, requires: [], platforms: [], exports: new Map(), capabilities: [] };
const skipped: PluginDescription = { ...bare, id: 'btrfs', initError: new UnknownError('/ is ext4: skip plugin') };
const broken: PluginDescription = { ...bare, id: 'erofs', initError: new InternalError('no such device\u001b') };

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  made.plugins.push(overlayfs, skipped, broken);
  return made;
}

describe('strata plugins', () => {
  it('lists the parts and how they fared, on any terminal', async () => {
    for (const columns of [undefined, 60]) {
      const { status, out } = await daemon().run(['plugins'], columns === undefined ? {} : { columns });
      assert.equal(status, 0);
      assert.equal(
        out,
        `\
TYPE                          ID         PLATFORMS                   STATUS
io.containerd.snapshotter.v1  overlayfs  linux/amd64,linux/arm64/v8  ok
io.containerd.snapshotter.v1  btrfs      -                           skip
io.containerd.snapshotter.v1  erofs      -                           error
`,
      );
    }
  });

  it('shows everything about each, with an empty line between them', async () => {
    const { out } = await daemon().run(['plugins', '-d']);
    assert.equal(
      out,
      `\
Type:         io.containerd.snapshotter.v1
ID:           overlayfs
Platforms:    linux/amd64,linux/arm64/v8
Status:       ok
Requires:     io.strata.store.v1
              io.strata.events.v1
Capabilities: rebase
Exports:      root=/var/lib/strata\\n

Type:      io.containerd.snapshotter.v1
ID:        btrfs
Platforms: -
Status:    skip
Error:     / is ext4: skip plugin

Type:      io.containerd.snapshotter.v1
ID:        erofs
Platforms: -
Status:    error
Error:     no such device\\x1b
`,
    );
  });

  it('passes filters on, and prints everything as JSON', async () => {
    const asked = daemon();
    const { out } = await asked.run(['plugins', 'id==overlayfs', '--json']);
    assert.deepEqual(asked.asked, [['plugins', ['id==overlayfs']]]);
    const [first, , third] = JSON.parse(out);
    assert.deepEqual([first.status, first.exports, 'error' in first], ['ok', { root: '/var/lib/strata\n' }, false]);
    assert.deepEqual([third.status, third.error], ['error', 'no such device\u001b']);
  });
});
