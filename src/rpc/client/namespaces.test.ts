import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineService, temporaryServer } from '../../../tests/support/grpc-server.js';
import { InternalError } from '../../errors/index.js';
import { wireNamespaces } from '../proto/index.js';
import type { ClientNamespace } from './index.js';

const ci: ClientNamespace = { name: 'ci', labels: new Map([['__proto__', 'x']]) };

/** A daemon that notes what it is asked, and knows one namespace or none. */
async function serve(known: ClientNamespace | undefined) {
  const asked: unknown[] = [];
  const answer = (request: unknown) => {
    asked.push(request);
    return { namespace: known && { name: known.name, labels: new Map(known.labels) } };
  };
  const server = await temporaryServer([
    defineService(wireNamespaces.NamespacesDefinition, {
      get: answer,
      list: (request) => {
        const { namespace } = answer(request);
        return { namespaces: namespace === undefined ? [] : [namespace] };
      },
      create: answer,
      update: answer,
      delete: (request) => {
        asked.push(request);
        return {};
      },
    }),
  ]);
  const { namespaces } = server.connect();
  return { namespaces, asked, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe('the namespaces of a daemon', () => {
  it('are asked for, and given, as they are', async () => {
    await using served = await serve(ci);
    const { namespaces, asked } = served;
    assert.deepEqual(await namespaces.get('ci'), ci);
    assert.deepEqual(await namespaces.list(), [ci]);
    assert.deepEqual(await namespaces.list('name==ci'), [ci]);
    assert.equal(await namespaces.create(ci), undefined);
    assert.deepEqual(await namespaces.update(ci), ci);
    assert.deepEqual(await namespaces.update({ ...ci, fieldpaths: ['labels.a.b/c'] }), ci);
    assert.equal(await namespaces.delete('ci'), undefined);
    assert.deepEqual(asked, [
      { name: 'ci' },
      { filter: '' },
      { filter: 'name==ci' },
      { namespace: ci },
      { namespace: ci, updateMask: undefined },
      { namespace: ci, updateMask: ['labels.a.b/c'] },
      { name: 'ci' },
    ]);
  });

  it('must be in an answer that is one', async () => {
    await using served = await serve(undefined);
    const missing = new InternalError('the answer holds no namespace');
    await assert.rejects(served.namespaces.get('ci'), missing);
    await assert.rejects(served.namespaces.update(ci), missing);
    assert.deepEqual(await served.namespaces.list(), []);
  });
});
