import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon, rootLabel } from '../../../tests/support/fake-daemon.js';
import { NotFoundError } from '../../errors/index.js';

describe('strata commit', () => {
  it('commits a key under a name, to be kept, and says nothing', async () => {
    for (const args of [
      ['commit', 'base', 'work'],
      ['commit', 'base', 'work', '--json'],
    ]) {
      const daemon = new FakeDaemon();
      assert.deepEqual(await daemon.run(args), { status: 0, out: '', err: '' });
      assert.deepEqual(daemon.asked, [['commit', { name: 'base', key: 'work', labels: new Map([rootLabel]) }]]);
    }
  });

  it('ends with 1 when there is no such key', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('commit', new NotFoundError('snapshot work does not exist'));
    const { status, err } = await daemon.run(['commit', 'base', 'work']);
    assert.deepEqual([status, err], [1, 'strata: not found: snapshot work does not exist\n']);
  });

  it('needs both', async () => {
    const { status, err } = await new FakeDaemon().run(['commit', 'base']);
    assert.deepEqual([status, err], [2, "strata: missing required argument 'key'\n"]);
  });
});
