import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { FakeMapper, fakePool } from './fake-mapper.test.rig.js';
import { resolveDevmapperOptions } from './options.js';
import { probePool } from './probe.js';

describe('probePool', () => {
  it('finds the pool, and refuses one that cannot be written to', async () => {
    await using temporary = await temporaryStore();
    const mapper = new FakeMapper();
    const given = { root: '/r', store: temporary.store, poolName: fakePool, baseImageSize: 512, mapper };
    const options = resolveDevmapperOptions(given);
    assert.equal((await probePool(options)).name, fakePool);
    mapper.poolStatus = ['Fail'];
    await assert.rejects(probePool(options), FailedPreconditionError);
  });
});
