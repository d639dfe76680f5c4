import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, rootLabel } from '../../../tests/support/fake-daemon.js';
import { AlreadyExistsError } from '../../errors/index.js';

for (const command of ['prepare', 'view'] as const) {
  describe(`strata ${command}`, () => {
    it('makes a snapshot that is kept, and says nothing', async () => {
      const daemon = new FakeDaemon();
      assert.deepEqual(await daemon.run([command, 'work', 'base']), { status: 0, out: '', err: '' });
      assert.deepEqual(daemon.asked, [[command, { key: 'work', parent: 'base', labels: new Map([rootLabel]) }]]);
    });

    it('starts from nothing without a parent', async () => {
      const daemon = new FakeDaemon();
      await daemon.run([command, 'work']);
      assert.deepEqual(daemon.asked, [[command, { key: 'work', parent: '', labels: new Map([rootLabel]) }]]);
    });

    it('prints the commands that mount it, on one line each however narrow the terminal', async () => {
      const daemon = new FakeDaemon();
      daemon.mounts = [
        { type: 'erofs', source: '/s/1/layer.erofs', target: '/lower', options: ['loop'] },
        { type: 'overlay', source: 'overlay', target: '', options: ['lowerdir=/my dir/lower', 'upperdir=/s/2/fs'] },
      ];
      const { out } = await daemon.run([command, '-t', '/my dir', 'work'], { columns: 40 });
      const first = "mount -t erofs /s/1/layer.erofs '/my dir/lower' -o loop";
      assert.equal(out, `${first}\nmount -t overlay overlay '/my dir' -o 'lowerdir=/my dir/lower,upperdir=/s/2/fs'\n`);
    });

    it('does not take an empty directory for the working directory', async () => {
      const daemon = new FakeDaemon();
      const { status, err } = await daemon.run([command, '--target', '', 'work']);
      assert.deepEqual([status, err, daemon.asked], [2, 'strata: --target: want a path, got ""\n', []]);
    });

    it('maps groups as users, unless they are mapped by themselves', async () => {
      const maps = async (...args: readonly string[]) => {
        const daemon = new FakeDaemon();
        await daemon.run([command, 'work', ...args]);
        const [, { labels }] = daemon.asked[0] as [string, { readonly labels: ReadonlyMap<string, string> }];
        return ['uidmapping', 'gidmapping'].map((name) => labels.get(`containerd.io/snapshot/${name}`));
      };
      assert.deepEqual(await maps('--uid-map', '0:1:2'), ['0:1:2', '0:1:2']);
      assert.deepEqual(await maps('--uid-map', '0:1:2', '--gid-map', '0:3:4'), ['0:1:2', '0:3:4']);
      assert.deepEqual(await maps('--gid-map', '0:3:4'), [undefined, '0:3:4']);
    });

    it('prints what it made as JSON', async () => {
      const { out } = await new FakeDaemon().run([command, 'work', 'base', '--json']);
      const mounts = [{ type: 'bind', source: '/s/1/fs', target: '', options: ['rw', 'rbind'] }];
      assert.deepEqual(JSON.parse(out), { key: 'work', parent: 'base', mounts });
    });

    it('ends with 1 when the key is taken', async () => {
      const daemon = new FakeDaemon();
      daemon.failures.set(command, new AlreadyExistsError('snapshot work'));
      const { status, err } = await daemon.run([command, 'work']);
      assert.deepEqual([status, err], [1, 'strata: already exists: snapshot work\n']);
    });
  });
}

describe('limits', () => {
  it('are set by prepare', async () => {
    const daemon = new FakeDaemon();
    await daemon.run(['prepare', 'work', '--size', '10G', '--inodes', 'none']);
    const [, { labels }] = daemon.asked[0] as [string, { readonly labels: ReadonlyMap<string, string> }];
    assert.deepEqual([...labels.values()].slice(1), ['10G', 'none']);
  });

  it('are refused before anything is made', async () => {
    const daemon = new FakeDaemon();
    const { status, err } = await daemon.run(['prepare', 'work', '--size', 'big']);
    assert.deepEqual([status, daemon.asked], [2, []]);
    assert.match(err, /^strata: --size: want a number of bytes/);
  });

  it('are none of a view', async () =>
    assert.equal((await new FakeDaemon().run(['view', 'v', '--size', '1G'])).status, 2));
});
