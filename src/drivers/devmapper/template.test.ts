import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { noFaults } from '../../base/index.js';
import type { DeviceRecord } from './device-records.js';
import { ThinDevices } from './devices.js';
import { FakeMapper, fakePool } from './fake-mapper.test.rig.js';
import { resolveDevmapperOptions } from './options.js';
import { DeviceRegistry } from './registry.js';
import { Template, templateId } from './template.js';
import { ThinPool } from './thin-pool.js';

const made: DeviceRecord = {
  deviceId: 1,
  state: 'deactivated',
  fileSystem: 'ext4',
  size: 2 ** 20,
  shared: 0,
  fault: '',
};

async function setUp(t: TestContext, found: Partial<DeviceRecord>) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const { store } = temporary;
  const mapper = new FakeMapper();
  mapper.numbers.add(1);
  const registry = new DeviceRegistry(store, fakePool);
  await registry.put(templateId, { ...made, ...found });
  const options = resolveDevmapperOptions({
    root: '/nowhere',
    store,
    poolName: fakePool,
    baseImageSize: 2 ** 20,
    mapper,
  });
  const pool = new ThinPool(fakePool, mapper);
  const devices = new ThinDevices(pool, registry, noFaults);
  return { mapper, registry, template: new Template({ options, pool, registry, devices }) };
}

describe('Template', () => {
  it('is used as it is when it is like what is wanted', async (t) => {
    const { mapper, template } = await setUp(t, {});
    await template.ready();
    await template.ready();
    await template.dropUnfinished();
    assert.deepEqual(mapper.asked, []);
  });

  it('is deleted when it was not finished', async (t) => {
    const { mapper, registry, template } = await setUp(t, { state: 'creating' });
    await template.dropUnfinished();
    assert.deepEqual([registry.entries(), mapper.numbers.size], [[], 0]);
  });

  it('is made again when another is wanted, leaves nothing when that fails, and is tried again', async (t) => {
    const { mapper, registry, template } = await setUp(t, { fileSystem: 'xfs' });
    // There is no such device for mkfs.
    for (let tries = 0; tries < 2; tries++) await assert.rejects(template.ready());
    assert.deepEqual([registry.entries(), mapper.numbers.size], [[], 0]);
  });
});
