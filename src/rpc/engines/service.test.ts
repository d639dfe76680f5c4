import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wireHealth } from '../proto/index.js';
import { defineService } from './service.js';

const { SERVING, NOT_SERVING } = wireHealth.HealthCheckResponse_ServingStatus;

describe('defineService', () => {
  const service = defineService(
    wireHealth.HealthDefinition,
    {
      check: ({ service }) => ({ status: service === 'a.B' ? SERVING : NOT_SERVING }),
      list: () => ({ statuses: new Map() }),
      watch: async function* () {
        yield { status: SERVING };
      },
    },
    { endless: ['watch'] },
  );

  it('gives a service its name and the paths of its methods', () => {
    assert.equal(service.name, 'grpc.health.v1.Health');
    assert.deepEqual(
      service.methods.map(({ path, type }) => [path, type]),
      [
        ['/grpc.health.v1.Health/Check', 'unary'],
        ['/grpc.health.v1.Health/List', 'unary'],
        ['/grpc.health.v1.Health/Watch', 'stream'],
      ],
    );
  });

  it('gives each handler what its codec decodes', async () => {
    const check = service.methods.find(({ path }) => path.endsWith('/Check'));
    assert.ok(check?.type === 'unary');
    const request = check.decodeRequest(Buffer.from('\n\u0003a.B'));
    assert.deepEqual(check.encodeResponse(await check.handler(request, {})), Buffer.from([8, 1]));
    assert.throws(() => check.decodeRequest(Buffer.from([0xff])));
  });

  it('knows which streams have no end', () => {
    const watch = service.methods.find(({ path }) => path.endsWith('/Watch'));
    assert.ok(watch?.type === 'stream' && watch.endless);
  });
});
