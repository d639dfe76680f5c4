import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { FailedPreconditionError } from '../../errors/index.js';

describe('strata mounts', () => {
  it('prints a command for each mount, whole on a narrow terminal too', async () => {
    for (const columns of [undefined, 40]) {
      const daemon = new FakeDaemon();
      daemon.mounts = [...daemon.mounts, { type: 'overlay', source: 'overlay', target: 'sub', options: [] }];
      const { status, out } = await daemon.run(['mounts', 'work', '/mnt'], columns === undefined ? {} : { columns });
      assert.equal(status, 0);
      assert.equal(out, 'mount -t bind /s/1/fs /mnt -o rw,rbind\nmount -t overlay overlay /mnt/sub\n');
      assert.deepEqual(daemon.asked, [['mounts', 'work']]);
    }
  });

  it('quotes what a shell or a terminal would take for something else', async () => {
    const { out } = await new FakeDaemon().run(['mounts', 'work', '/a; rm b\u001b']);
    assert.equal(out, "mount -t bind /s/1/fs $'/a; rm b\\x1b' -o rw,rbind\n");
  });

  it('prints the list as JSON', async () => {
    const { out } = await new FakeDaemon().run(['mounts', 'work', '/mnt', '--json']);
    assert.deepEqual(JSON.parse(out), [{ type: 'bind', source: '/s/1/fs', target: '', options: ['rw', 'rbind'] }]);
  });

  it('does not take an empty target for the working directory', async () => {
    const { status, err } = await new FakeDaemon().run(['mounts', 'work', '']);
    assert.deepEqual([status, err], [2, 'strata: <dir>: want a path, got ""\n']);
  });

  it('ends with 1 for a committed snapshot', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('mounts', new FailedPreconditionError('snapshot base is committed'));
    const { status, out, err } = await daemon.run(['mounts', 'base', '/mnt']);
    assert.deepEqual([status, out, err], [1, '', 'strata: failed precondition: snapshot base is committed\n']);
  });
});
