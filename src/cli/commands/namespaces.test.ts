import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';
import { AlreadyExistsError, FailedPreconditionError } from '../../errors/index.js';

function daemon(): FakeDaemon {
  const made = new FakeDaemon();
  const labels = new Map([
    ['owner', 'ann\u001b'],
    ['app', 'web'],
  ]);
  made.namespaces.push({ name: 'ci', labels }, { name: 'default', labels: new Map() });
  return made;
}

describe('strata namespaces ls', () => {
  it('lists them with their labels, on any terminal', async () => {
    for (const columns of [undefined, 40]) {
      const { status, out } = await daemon().run(['namespaces', 'ls'], columns === undefined ? {} : { columns });
      assert.equal(status, 0);
      assert.equal(out, 'NAME     LABELS\nci       app=web,owner=ann\\x1b\ndefault\n');
    }
  });

  it('passes a filter on, and prints everything as JSON', async () => {
    const asked = daemon();
    const { out } = await asked.run(['ns', 'list', 'name==ci', '--json']);
    assert.deepEqual(asked.asked, [['list', 'name==ci']]);
    assert.deepEqual(JSON.parse(out)[0], { name: 'ci', labels: { owner: 'ann\u001b', app: 'web' } });
  });
});

describe('strata namespaces create', () => {
  it('makes one with labels, and says nothing', async () => {
    const asked = daemon();
    assert.deepEqual(await asked.run(['namespaces', 'create', 'dev', 'owner=bob']), { status: 0, out: '', err: '' });
    assert.deepEqual(asked.asked, [['create', { name: 'dev', labels: new Map([['owner', 'bob']]) }]]);
  });

  it('ends with 1 when there is one', async () => {
    const made = daemon();
    made.failures.set('create', new AlreadyExistsError('namespace "ci"'));
    const { status, err } = await made.run(['namespaces', 'create', 'ci']);
    assert.deepEqual([status, err], [1, 'strata: already exists: namespace "ci"\n']);
  });

  it('refuses what is no label', async () => {
    const asked = daemon();
    assert.equal((await asked.run(['namespaces', 'create', 'dev', 'owner'])).status, 2);
    assert.deepEqual(asked.asked, []);
  });
});

describe('strata namespaces rm', () => {
  it('removes the others when one is not empty, says which it is, and ends with 1', async () => {
    const made = daemon();
    made.failures.set('delete ci', new FailedPreconditionError('it is not empty'));
    const { status, out, err } = await made.run(['namespaces', 'rm', 'ci', 'default']);
    assert.deepEqual([status, out, err], [1, '', 'strata: failed precondition: ci: it is not empty\n']);
    assert.deepEqual(made.asked, [
      ['delete', 'ci'],
      ['delete', 'default'],
    ]);
  });
});

describe('strata namespaces label', () => {
  it('prints the labels when none is given', async () => {
    const { status, out } = await daemon().run(['namespaces', 'label', 'ci']);
    assert.deepEqual([status, out], [0, 'app=web\nowner=ann\\x1b\n']);
  });

  it('sets and deletes those that are given', async () => {
    const asked = daemon();
    const { out } = await asked.run(['namespaces', 'label', 'ci', 'owner=', 'tier=1']);
    assert.equal(out, 'tier=1\n');
    const labels = new Map([
      ['owner', ''],
      ['tier', '1'],
    ]);
    assert.deepEqual(asked.asked, [['update', { name: 'ci', labels, fieldpaths: ['labels.owner', 'labels.tier'] }]]);
  });
});

describe('strata namespaces', () => {
  it('shows its commands when none is named', async () => {
    const { status, err } = await daemon().run(['namespaces']);
    assert.equal(status, 2);
    assert.match(err, /^Usage: strata namespaces/);
  });
});
