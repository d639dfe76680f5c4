import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wireHealth } from '../proto/index.js';
import { Health, healthService } from './health.js';

const { SERVING, NOT_SERVING } = wireHealth.HealthCheckResponse_ServingStatus;

describe('Health', () => {
  it('knows the whole and each service', () => {
    const health = new Health(['a.B']);
    assert.deepEqual([health.status(''), health.status('a.B'), health.status('c.D')], [SERVING, SERVING, undefined]);
    health.setNotServing();
    assert.deepEqual(
      [...health.statuses()],
      [
        ['', NOT_SERVING],
        ['a.B', NOT_SERVING],
      ],
    );
  });

  it('says when it changes, unless nobody waits any more', async () => {
    const health = new Health([]);
    const changed = health.changed(undefined);
    const given = new AbortController();
    const refused = assert.rejects(health.changed(given.signal), { name: 'AbortError' });
    given.abort();
    await refused;
    health.setNotServing();
    await changed;
  });
});

describe('healthService', () => {
  it('has streams that end only with their client', () => {
    const { methods } = healthService(new Health([]));
    const endless = methods.filter((method) => method.type === 'stream' && method.endless).map(({ path }) => path);
    assert.deepEqual(endless, ['/grpc.health.v1.Health/Watch']);
  });
});
