import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, snapshot } from '../../../tests/support/fake-daemon.js';
import { NotFoundError, UnavailableError } from '../../errors/index.js';

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  made.snapshots.push(snapshot('base'), snapshot('a\tb', { kind: 'active' }));
  made.usages.set('base', { size: 12 * 1024 ** 2, inodes: 340 });
  return made;
}

describe('strata usage', () => {
  it('shows all snapshots, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const { status, out } = await daemon().run(['usage'], columns === undefined ? {} : { columns });
      assert.equal(status, 0);
      assert.equal(out, 'KEY       SIZE  INODES\nbase  12.0 MiB     340\na\\tb   4.0 KiB       1\n');
    }
  });

  it('shows those that are named, in bytes when told to', async () => {
    const asked = daemon();
    assert.equal((await asked.run(['du', '-b', 'base'])).out, 'KEY       SIZE  INODES\nbase  12582912     340\n');
    assert.deepEqual(asked.asked, [['usage', 'base']]);
  });

  it('leaves out what was removed since it was listed', async () => {
    const made = daemon();
    made.failures.set('usage base', new NotFoundError('snapshot base does not exist'));
    assert.deepEqual(await made.run(['usage']), {
      status: 0,
      out: 'KEY      SIZE  INODES\na\\tb  4.0 KiB       1\n',
      err: '',
    });
  });

  it('reports one that is named and is not there, and shows the others', async () => {
    const made = daemon();
    made.failures.set('usage gone', new NotFoundError('snapshot gone does not exist'));
    const { status, out, err } = await made.run(['usage', 'gone', 'base']);
    assert.deepEqual([status, err], [1, 'strata: not found: snapshot gone does not exist\n']);
    assert.match(out, /\nbase +12\.0 MiB/);
  });

  it('says once that no daemon answers', async () => {
    const made = daemon();
    made.failures.set('usage', new UnavailableError('cannot reach /s: connect ENOENT /s'));
    const { status, out, err } = await made.run(['usage', 'one', 'two']);
    assert.deepEqual([status, out], [1, '']);
    assert.match(err, /^strata: unavailable: no daemon answers on \/s; .*\n$/);
  });

  it('prints numbers as JSON', async () => {
    const { out } = await daemon().run(['usage', '--json']);
    assert.deepEqual(JSON.parse(out), [
      { key: 'base', size: 12582912, inodes: 340 },
      { key: 'a\tb', size: 4096, inodes: 1 },
    ]);
  });

  it('shortens digests, unless it is told not to', async () => {
    const daemon = new FakeDaemon();
    const name = `sha256:${'0123456789abcdef'.repeat(4)}`;
    daemon.snapshots.push(snapshot(name));
    assert.match((await daemon.run(['usage'])).out, /^sha256:0123456789ab +4\.0 KiB/m);
    assert.ok((await daemon.run(['usage', '--no-trunc'])).out.includes(name));
    assert.ok((await daemon.run(['usage', '--json'])).out.includes(name));
  });
});
