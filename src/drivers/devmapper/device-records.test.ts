import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { type DeviceRecord, DeviceRecords } from './device-records.js';

const device: DeviceRecord = {
  deviceId: 7,
  state: 'activated',
  fileSystem: 'xfs',
  size: 2 ** 30,
  shared: 4096,
  fault: '',
};

async function open(t: TestContext) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  return { store: temporary.store, records: new DeviceRecords('pool') };
}

describe('DeviceRecords', () => {
  it('keeps the devices of each pool apart, by the ids of their snapshots', async (t) => {
    const { store, records } = await open(t);
    const others = new DeviceRecords('other');
    await store.write((tx) => {
      records.put(tx, '12', { ...device, deviceId: 8 });
      records.put(tx, '3', device);
      others.put(tx, '3', { ...device, state: 'faulty', fault: 'it broke' });
    });
    assert.deepEqual(
      store.read((tx) => records.all(tx)),
      [
        { id: '3', record: device },
        { id: '12', record: { ...device, deviceId: 8 } },
      ],
    );
    assert.equal(store.read((tx) => others.find(tx, '3'))?.fault, 'it broke');
    assert.equal(
      store.read((tx) => others.find(tx, '12')),
      undefined,
    );
  });

  it('replaces what was recorded, and remembers the largest number after it is forgotten', async (t) => {
    const { store, records } = await open(t);
    assert.equal(
      store.read((tx) => records.lastDeviceId(tx)),
      0,
    );
    await store.write((tx) => {
      records.put(tx, '1', { ...device, deviceId: 9 });
      records.put(tx, '1', { ...device, state: 'removing' });
      records.put(tx, '2', { ...device, deviceId: 2 });
      records.remove(tx, '1');
    });
    assert.deepEqual(
      store.read((tx) => records.all(tx)),
      [{ id: '2', record: { ...device, deviceId: 2 } }],
    );
    assert.equal(
      store.read((tx) => records.lastDeviceId(tx)),
      9,
    );
  });

  const untrue: Readonly<Record<string, Partial<DeviceRecord>>> = {
    'a number of more than 24 bits': { deviceId: 2 ** 24 },
    'no size': { size: 0 },
    'a fault without a reason': { state: 'faulty' },
  };
  for (const [what, change] of Object.entries(untrue)) {
    it(`refuses ${what}`, async (t) => {
      const { store, records } = await open(t);
      await assert.rejects(store.write((tx) => records.put(tx, '1', { ...device, ...change })));
      assert.deepEqual(
        store.read((tx) => records.all(tx)),
        [],
      );
    });
  }

  it('refuses one number for two snapshots of a pool', async (t) => {
    const { store, records } = await open(t);
    await store.write((tx) => records.put(tx, '1', device));
    await assert.rejects(store.write((tx) => records.put(tx, '2', device)));
    await store.write((tx) => new DeviceRecords('other').put(tx, '2', device));
  });
});
