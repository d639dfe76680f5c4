import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { NotFoundError } from '../../errors/index.js';

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  made.changes.push(
    { path: '/etc', kind: 'changed', type: 'directory', size: 0 },
    { path: '/etc/a\u001b', kind: 'added', type: 'file', size: 2048 },
    { path: '/link', kind: 'changed', type: 'symlink', size: 0 },
    { path: '/old', kind: 'deleted', type: 'directory', size: 0 },
  );
  return made;
}

describe('strata diff', () => {
  it('shows each change with its sign, and the size of files', async () => {
    const asked = daemon();
    const { out } = await asked.run(['diff', 'work']);
    assert.equal(out, '~ /etc/\n+ /etc/a\\x1b  2.0 KiB\n~ /link\n- /old/\n');
    assert.deepEqual(asked.asked, [['changes', { key: 'work', snapshotter: 'auto' }]]);
  });

  it('compares with what it is told, also with nothing', async () => {
    const asked = daemon();
    await asked.run(['--snapshotter', 'btrfs', 'diff', 'work', 'base']);
    await asked.run(['diff', 'work', '']);
    assert.deepEqual(asked.asked, [
      ['changes', { key: 'work', since: 'base', snapshotter: 'btrfs' }],
      ['changes', { key: 'work', since: '', snapshotter: 'auto' }],
    ]);
  });

  it('prints a line of JSON for each', async () => {
    const { out } = await daemon().run(['diff', '--json', 'work']);
    assert.deepEqual(JSON.parse(out.split('\n')[1] ?? ''), {
      path: '/etc/a\u001b',
      kind: 'added',
      type: 'file',
      size: 2048,
    });
  });

  it('says what is not there', async () => {
    const made = daemon();
    made.failures.set('changes', new NotFoundError('snapshot work does not exist'));
    assert.deepEqual(await made.run(['diff', 'work']), {
      status: 1,
      out: '',
      err: 'strata: not found: snapshot work does not exist\n',
    });
  });
});
