import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { FailedPreconditionError, InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import { labelsOf } from '../api/labels.js';
import { Namespaces } from '../namespaces/namespaces.js';
import { Leases } from './leases.js';

async function open(t: TestContext) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  return { store, leases: new Leases(store) };
}

const call = { namespace: 'default' };

describe('leases', () => {
  it('are created, listed in byte order and deleted, apart for each namespace', async (t) => {
    const { leases, store } = await open(t);
    for (const id of ['b', 'a b/c', 'B']) await leases.create({ id, labels: labelsOf({ l: id, none: '' }) }, call);
    await leases.create({ id: 'b' }, { namespace: 'other' });
    const listed = await leases.list([], call);
    assert.deepEqual(
      listed.map(({ id, labels }) => [id, [...labels]]),
      [
        ['B', [['l', 'B']]],
        ['a b/c', [['l', 'a b/c']]],
        ['b', [['l', 'b']]],
      ],
    );
    assert.deepEqual(
      (await leases.list(['id==b', 'labels.l==B'], call)).map(({ id }) => id),
      ['B', 'b'],
    );
    await leases.delete('b', call);
    assert.deepEqual((await leases.list([], { namespace: 'other' })).length, 1);
    await assert.rejects(leases.delete('b', call), { message: 'lease "b": not found' });
    assert.deepEqual(
      (await new Namespaces(store).list()).map(({ name }) => name),
      ['default', 'other'],
    );
  });

  it('have an id made up when they are given none, and no id twice', async (t) => {
    const { leases } = await open(t);
    const { id, created } = await leases.create({}, call);
    assert.match(id, /^\d{1,9}-[\w-]{4}$/);
    assert.ok(Math.abs(created.getTime() - Date.now()) < 60_000);
    await assert.rejects(leases.create({ id }, call), { message: `lease "${id}": already exists` });
  });

  it('hold resources by name, whether they exist or not', async (t) => {
    const { leases } = await open(t);
    await leases.create({ id: 'l' }, call);
    const digest = `sha256:${'a'.repeat(64)}`;
    const resources = [
      { type: 'snapshots/overlayfs', id: 'k' },
      { type: 'images', id: 'docker.io/library/alpine:3' },
      { type: 'content', id: digest },
      { type: 'ingests', id: 'upload' },
      { type: 'snapshots/btrfs', id: 'k' },
    ];
    for (const resource of resources) await leases.addResource('l', resource, call);
    await leases.addResource('l', resources[0] ?? assert.fail(), call);
    assert.deepEqual(await leases.listResources('l', call), [
      { type: 'content', id: digest },
      { type: 'images', id: 'docker.io/library/alpine:3' },
      { type: 'ingests', id: 'upload' },
      { type: 'snapshots/btrfs', id: 'k' },
      { type: 'snapshots/overlayfs', id: 'k' },
    ]);
    await leases.deleteResource('l', { type: 'images', id: 'nobody' }, call);
    await leases.deleteResource('l', { type: 'images', id: 'docker.io/library/alpine:3' }, call);
    assert.equal((await leases.listResources('l', call)).length, 4);
  });

  it('refuse resources of types that are not there, in the words of containerd', async (t) => {
    const { leases } = await open(t);
    await leases.create({ id: 'l' }, call);
    const add = (type: string, id = 'x') => leases.addResource('l', { type, id }, call);
    await assert.rejects(add('snapshotter/overlayfs'), {
      message: 'resource type snapshotter/overlayfs not supported yet: not implemented',
    });
    await assert.rejects(add('snapshots'), { message: 'invalid snapshot resource type snapshots: invalid argument' });
    await assert.rejects(add('snapshots/a/b'), InvalidArgumentError);
    await assert.rejects(add('images/x'), { message: 'invalid resource type images/x: invalid argument' });
    await assert.rejects(add('content', 'no digest'), InvalidArgumentError);
    const unknown = leases.addResource('none', { type: 'images', id: 'x' }, call);
    await assert.rejects(unknown, { message: 'lease "none": not found' });
    await assert.rejects(leases.listResources('none', call), NotFoundError);
    assert.deepEqual(await leases.listResources('l', call), []);
  });

  it('want a namespace, and labels of a certain size', async (t) => {
    const { leases } = await open(t);
    await assert.rejects(leases.create({ id: 'l' }, {}), FailedPreconditionError);
    await assert.rejects(leases.list([], { namespace: 'a/b' }), InvalidArgumentError);
    await assert.rejects(leases.create({ labels: labelsOf({ k: 'v'.repeat(5000) }) }, call), InvalidArgumentError);
    await assert.rejects(leases.list(['bad=='], call), InvalidArgumentError);
  });

  it('go with their namespace', async (t) => {
    const { leases, store } = await open(t);
    await leases.create({ id: 'l', labels: labelsOf({ a: 'b' }) }, call);
    await leases.addResource('l', { type: 'images', id: 'x' }, call);
    await new Namespaces(store).delete('default');
    assert.deepEqual(await leases.list([], call), []);
    const rows = (table: string) => store.read((tx) => tx.all({ sql: `SELECT * FROM ${table}` })).length;
    assert.deepEqual(['leases', 'lease_labels', 'lease_resources'].map(rows), [0, 0, 0]);
  });
});
