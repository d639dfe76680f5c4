import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import type { DeviceRecord } from './device-records.js';
import { DeviceRegistry } from './registry.js';

const device: DeviceRecord = { deviceId: 1, state: 'creating', fileSystem: 'ext4', size: 512, shared: 0, fault: '' };

async function open(t: TestContext) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  return () => new DeviceRegistry(temporary.store, 'pool');
}

describe('DeviceRegistry', () => {
  it('knows after a restart what was recorded before', async (t) => {
    const start = await open(t);
    const first = start();
    await first.put('5', device);
    await first.update('5', { state: 'activated' });
    await first.update('6', { state: 'activated' });
    assert.deepEqual(start().entries(), [['5', { ...device, state: 'activated' }]]);
  });

  it('gives out no number that a device has had, also after it was forgotten and after a restart', async (t) => {
    const start = await open(t);
    const first = start();
    const numbers = [first.takeDeviceId(), first.takeDeviceId()];
    for (const deviceId of numbers) await first.put(String(deviceId), { ...device, deviceId });
    await first.forget(String(numbers[1]));
    assert.equal(numbers.includes(first.takeDeviceId()), false);
    assert.equal(numbers.includes(start().takeDeviceId()), false);
  });

  it('begins again behind the last number, and passes over what is in use', async (t) => {
    const start = await open(t);
    const first = start();
    await first.put('1', { ...device, deviceId: 2 ** 24 - 1 });
    await first.put('2', { ...device, deviceId: 0 });
    first.reserve(1);
    assert.equal(first.takeDeviceId(), 2);
    assert.equal(start().takeDeviceId(), 1, 'what is reserved is so until the process ends');
  });

  it('gives a device up without giving its number to another', async (t) => {
    const registry = (await open(t))();
    await registry.put('1', { ...device, deviceId: 2 ** 24 - 1 });
    await registry.put('2', { ...device, deviceId: 0 });
    await registry.giveUp('2');
    assert.equal(registry.get('2'), undefined);
    assert.notEqual(registry.takeDeviceId(), 0);
  });
});
