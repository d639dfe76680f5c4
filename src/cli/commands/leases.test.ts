import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, now } from '../../../tests/support/fake-daemon.js';
import { NotFoundError } from '../../errors/index.js';

describe('strata leases', () => {
  it('lists them with their age and labels', async () => {
    const daemon = new FakeDaemon();
    const labels = new Map([['owner', 'ann\u001b']]);
    daemon.leases.push({ id: 'ci', created: new Date(now.getTime() - 3_600_000), labels });
    const { out } = await daemon.run(['leases', 'ls', 'id==ci']);
    assert.equal(out, 'ID  CREATED     LABELS\nci  1 hour ago  owner=ann\\x1b\n');
    assert.deepEqual(daemon.asked, [['listLeases', ['id==ci']]]);
  });

  it('makes one that expires, and prints its id', async () => {
    const daemon = new FakeDaemon();
    const { out } = await daemon.run(['leases', 'create', '--expires', '1d', '--flat', 'owner=ann']);
    assert.equal(out, 'made-up\n');
    const labels = new Map([
      ['owner', 'ann'],
      ['containerd.io/gc.expire', '2026-08-01T12:00:00.000Z'],
      ['containerd.io/gc.flat', 'true'],
    ]);
    assert.deepEqual(daemon.asked, [['createLease', { id: '', labels }]]);
    assert.equal((await daemon.run(['leases', 'create', '--expires', 'soon'])).status, 2);
  });

  it('removes several, waits once, and says which is not there', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('deleteLease a', new NotFoundError('lease "a"'));
    const { status, err } = await daemon.run(['leases', 'rm', '--sync', 'a', 'b']);
    assert.deepEqual([status, err], [1, 'strata: not found: lease "a"\n']);
    assert.deepEqual(daemon.asked, [
      ['deleteLease', 'a', { sync: false }],
      ['deleteLease', 'b', { sync: true }],
    ]);
  });

  it('puts snapshots of the default back end under one, and takes them off', async () => {
    const daemon = new FakeDaemon();
    await daemon.run(['leases', 'add', 'ci', 'base']);
    await daemon.run(['--snapshotter', 'btrfs', 'leases', 'drop', 'ci', 'base']);
    assert.deepEqual(
      daemon.asked.filter(([method]) => method !== 'pluginInfo'),
      [
        ['addResource', 'ci', { type: 'snapshots/overlayfs', id: 'base' }],
        ['deleteResource', 'ci', { type: 'snapshots/btrfs', id: 'base' }],
      ],
    );
  });

  it('shows what is under one', async () => {
    const { out } = await new FakeDaemon().run(['lease', 'resources', 'ci']);
    assert.equal(out, 'TYPE                 ID\nsnapshots/overlayfs  base\n');
  });
});

describe('--lease', () => {
  it('goes with the call, and leaves the label out that would keep what is made', async () => {
    const daemon = new FakeDaemon();
    await daemon.run(['--lease', 'ci', 'prepare', 'work']);
    assert.equal(daemon.lastCall?.lease, 'ci');
    assert.deepEqual(daemon.asked, [['prepare', { key: 'work', parent: '', labels: new Map() }]]);
    await daemon.run(['commit', '--lease', 'ci', 'layer', 'work']);
    assert.deepEqual(daemon.asked.at(-1), ['commit', { name: 'layer', key: 'work', labels: new Map() }]);
  });
});
