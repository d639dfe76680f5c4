import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryServer } from '../../../tests/support/grpc-server.js';
import { temporaryStore } from '../../../tests/support/store.js';
import {
  AlreadyExistsError,
  FailedPreconditionError,
  InvalidArgumentError,
  NotFoundError,
  NotImplementedError,
} from '../../errors/index.js';
import { Leases } from '../../snapshots/index.js';
import { leasesService } from './leases-service.js';

async function serve(t: TestContext) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const collections: unknown[] = [];
  const collect = async () => void collections.push('collected');
  const server = await temporaryServer([leasesService({ leases: new Leases(store), collect })]);
  t.after(() => server[Symbol.asyncDispose]());
  return {
    leases: server.connect({ namespace: 'ci' }).leases,
    bare: server.connect({ namespace: '' }).leases,
    collections,
  };
}

const resource = { type: 'snapshots/overlayfs', id: 'base' };

describe('the leases service', () => {
  it('makes, lists and deletes leases and what is under them', async (t) => {
    const { leases } = await serve(t);
    const made = await leases.create({ id: 'l', labels: new Map([['a', 'b']]) });
    assert.deepEqual(await leases.list(), [made]);
    assert.deepEqual(await leases.list(['id==other']), []);
    await leases.addResource('l', resource);
    assert.deepEqual(await leases.listResources('l'), [resource]);
    await leases.deleteResource('l', resource);
    assert.deepEqual(await leases.listResources('l'), []);
    assert.match((await leases.create()).id, /^\d+-/);
    await leases.delete('l');
    assert.equal((await leases.list()).length, 1);
  });

  it('waits for a collection when a lease is deleted so', async (t) => {
    const { leases, collections } = await serve(t);
    for (const id of ['a', 'b']) await leases.create({ id });
    await leases.delete('a');
    assert.deepEqual(collections, []);
    await leases.delete('b', { sync: true });
    assert.deepEqual(collections, ['collected']);
    await assert.rejects(leases.delete('b', { sync: true }), NotFoundError);
    assert.deepEqual(collections, ['collected']);
  });

  it('refuses in the classes of containerd', async (t) => {
    const { leases, bare } = await serve(t);
    await leases.create({ id: 'l' });
    await assert.rejects(leases.create({ id: 'l' }), AlreadyExistsError);
    await assert.rejects(leases.listResources('none'), NotFoundError);
    await assert.rejects(leases.addResource('l', { type: 'unknown', id: 'x' }), NotImplementedError);
    await assert.rejects(leases.list(['bad==']), InvalidArgumentError);
    await assert.rejects(bare.create(), FailedPreconditionError);
  });
});
