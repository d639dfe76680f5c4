import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { FailedPreconditionError, NotFoundError, UnavailableError } from '../../errors/index.js';

const removed = (daemon: FakeDaemon) => daemon.asked.map(([, key]) => key);

describe('strata rm', () => {
  it('removes in the order given, and says nothing', async () => {
    for (const command of ['rm', 'remove', 'delete', 'del']) {
      const daemon = new FakeDaemon();
      assert.deepEqual(await daemon.run([command, 'work', 'base']), { status: 0, out: '', err: '' });
      assert.deepEqual(removed(daemon), ['work', 'base']);
    }
  });

  it('reports what cannot be removed, removes the others, and ends with 1', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('remove base', new FailedPreconditionError('cannot remove snapshot with child'));
    daemon.failures.set('remove go\nne', new NotFoundError('snapshot go\nne does not exist'));
    const { status, out, err } = await daemon.run(['rm', 'base', 'go\nne', 'work']);
    assert.deepEqual([status, out], [1, '']);
    assert.equal(
      err,
      'strata: failed precondition: base: cannot remove snapshot with child\nstrata: not found: snapshot go\\nne does not exist\n',
    );
    assert.deepEqual(removed(daemon), ['base', 'go\nne', 'work']);
  });

  it('says once that no daemon answers', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set('remove', new UnavailableError('cannot reach /s: connect ENOENT /s'));
    const { status, err } = await daemon.run(['rm', 'one', 'two']);
    assert.equal(status, 1);
    assert.match(err, /^strata: unavailable: no daemon answers on \/s; .*\n$/);
    assert.deepEqual(removed(daemon), ['one']);
  });

  it('needs a key', async () => {
    assert.deepEqual(await new FakeDaemon().run(['rm']), {
      status: 2,
      out: '',
      err: "strata: missing required argument 'key'\n",
    });
  });
});
