import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { AlreadyExistsError, FailedPreconditionError } from '../../errors/index.js';

describe('strata checkpoint', () => {
  it('prints the name of the checkpoint', async () => {
    const daemon = new FakeDaemon();
    assert.equal((await daemon.run(['checkpoint', 'work'])).out, 'work@now\n');
    assert.equal((await daemon.run(['checkpoint', 'work', '--name', 'one'])).out, 'one\n');
    assert.deepEqual(daemon.asked, [
      ['checkpoint', { key: 'work', snapshotter: 'auto' }],
      ['checkpoint', { key: 'work', snapshotter: 'auto', name: 'one' }],
    ]);
  });

  it('says where it is mounted', async () => {
    const daemon = new FakeDaemon();
    daemon.failures.set(
      'checkpoint',
      new FailedPreconditionError('snapshot work is mounted at /mnt: unmount it first'),
    );
    const { status, err } = await daemon.run(['checkpoint', 'work']);
    assert.deepEqual(
      [status, err],
      [1, 'strata: failed precondition: snapshot work is mounted at /mnt: unmount it first\n'],
    );
  });
});

describe('strata checkpoints', () => {
  it('lists them with their age and what they are based on', async () => {
    const { out } = await new FakeDaemon().run(['checkpoints', 'work']);
    assert.equal(out, 'NAME  CREATED  PARENT\none   now      base\n');
  });
});

describe('strata fork', () => {
  it('asks for all of them at once, and says nothing', async () => {
    const daemon = new FakeDaemon();
    assert.deepEqual(await daemon.run(['fork', 'work', 'a', 'b']), { status: 0, out: '', err: '' });
    assert.deepEqual(daemon.asked, [['fork', { key: 'work', keys: ['a', 'b'], snapshotter: 'auto' }]]);
  });

  it('says which could not be made, and ends with 1', async () => {
    const daemon = new FakeDaemon();
    daemon.forkErrors.set('b', new AlreadyExistsError('snapshot "b"'));
    const { status, err } = await daemon.run(['fork', 'work', 'a', 'b']);
    assert.deepEqual([status, err], [1, 'strata: already exists: snapshot "b"\n']);
  });
});

describe('strata rollback', () => {
  it('names both', async () => {
    const daemon = new FakeDaemon();
    assert.deepEqual(await daemon.run(['rollback', 'work', 'one']), { status: 0, out: '', err: '' });
    assert.deepEqual(daemon.asked, [['rollback', { key: 'work', to: 'one', snapshotter: 'auto' }]]);
  });
});
