import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { NotFoundError, PermissionDeniedError } from '../../errors/index.js';
import type { Mount } from '../../snapshots/index.js';
import type { Tools } from '../io.js';

/** Tools that note what they mount, and what they unmount. */
function mounter() {
  const mounted: (readonly [readonly Mount[], string])[] = [];
  const unmounted: (readonly [string, boolean])[] = [];
  const tools: Partial<Tools> = {
    mount: async (mounts, directory) => {
      mounted.push([mounts, directory]);
    },
    unmount: async (directory, { recursive }) => {
      unmounted.push([directory, recursive]);
      return directory !== '/nope';
    },
  };
  return { tools, mounted, unmounted };
}

describe('strata mount', () => {
  it('mounts a snapshot at a directory, which may be relative, and says nothing', async () => {
    for (const directory of ['/mnt', 'below']) {
      const [daemon, { tools, mounted }] = [new FakeDaemon(), mounter()];
      assert.deepEqual(await daemon.run(['mount', 'work', directory], { tools }), { status: 0, out: '', err: '' });
      assert.deepEqual(daemon.asked, [['mounts', 'work']]);
      assert.deepEqual(mounted, [[daemon.mounts, path.resolve(directory)]]);
    }
  });

  it('mounts nothing over the working directory when none is given', async () => {
    const [daemon, { tools, mounted }] = [new FakeDaemon(), mounter()];
    const { status, err } = await daemon.run(['mount', 'work', ''], { tools });
    assert.deepEqual([status, err, daemon.asked, mounted], [2, 'strata: <dir>: want a path, got ""\n', [], []]);
  });

  it('mounts nothing when there is no such snapshot', async () => {
    const [daemon, { tools, mounted }] = [new FakeDaemon(), mounter()];
    daemon.failures.set('mounts', new NotFoundError('snapshot work does not exist'));
    assert.equal((await daemon.run(['mount', 'work', '/mnt'], { tools })).status, 1);
    assert.deepEqual(mounted, []);
  });

  it('ends with 1 when it may not mount', async () => {
    const tools = { mount: () => Promise.reject(new PermissionDeniedError('mount overlay at /mnt: EPERM')) };
    const { status, err } = await new FakeDaemon().run(['mount', 'work', '/mnt'], { tools });
    assert.deepEqual([status, err], [1, 'strata: permission denied: mount overlay at /mnt: EPERM\n']);
  });
});

describe('strata umount', () => {
  it('unmounts a directory without asking a daemon', async () => {
    for (const command of ['umount', 'unmount']) {
      const [daemon, { tools, unmounted }] = [new FakeDaemon(), mounter()];
      assert.deepEqual(await daemon.run([command, './mnt'], { tools }), { status: 0, out: '', err: '' });
      assert.deepEqual([unmounted, daemon.connections], [[[path.resolve('mnt'), false]], []]);
    }
  });

  it('unmounts what is inside as well when told so', async () => {
    const { tools, unmounted } = mounter();
    const { status } = await new FakeDaemon().run(['umount', '-R', '/mnt'], { tools });
    assert.deepEqual([status, unmounted], [0, [['/mnt', true]]]);
  });

  it('ends with 1 when nothing is mounted there', async () => {
    const { status, out, err } = await new FakeDaemon().run(['umount', '/nope'], { tools: mounter().tools });
    assert.deepEqual([status, out, err], [1, '', 'strata: not found: nothing is mounted at /nope\n']);
  });

  it('does not unmount the working directory when none is given', async () => {
    const { tools, unmounted } = mounter();
    const { status, err } = await new FakeDaemon().run(['umount', ''], { tools });
    assert.deepEqual([status, err, unmounted], [2, 'strata: <dir>: want a path, got ""\n', []]);
  });

  it('ends with 1 when somebody is still in there', async () => {
    const busy = Object.assign(new Error('umount /mnt: EBUSY'), { code: 'EBUSY' });
    const { status, err } = await new FakeDaemon().run(['umount', '/mnt'], {
      tools: { unmount: () => Promise.reject(busy) },
    });
    assert.deepEqual([status, err], [1, 'strata: umount /mnt: EBUSY\n']);
  });
});
