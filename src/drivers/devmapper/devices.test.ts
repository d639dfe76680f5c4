/** What is recorded of devices at each step; kill-points.test.ts has the same over a pool of the kernel. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { type FaultPoint, type FaultPoints, noFaults } from '../../base/index.js';
import { DataLossError, FailedPreconditionError, ResourceExhaustedError } from '../../errors/index.js';
import { ThinDevices } from './devices.js';
import { FakeMapper, fakePool, refusal } from './fake-mapper.test.rig.js';
import { DeviceRegistry } from './registry.js';
import { ThinPool } from './thin-pool.js';

const MIB = 2 ** 20;
const device = { fileSystem: 'ext4', size: MIB } as const;

async function setUp(t: TestContext, faults: FaultPoints = noFaults) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const mapper = new FakeMapper();
  const start = () => {
    const registry = new DeviceRegistry(temporary.store, fakePool);
    return { registry, devices: new ThinDevices(new ThinPool(fakePool, mapper), registry, faults) };
  };
  return { mapper, start, ...start() };
}

describe('ThinDevices', () => {
  it('records a device before it is made, and that it is activated after that', async (t) => {
    const states: [FaultPoint, string | undefined][] = [];
    const { devices, registry } = await setUp(t, {
      reach: (point) => void states.push([point, registry?.get('1')?.state]),
    });
    await devices.createEmpty('1', device);
    assert.deepEqual(states, [
      ['devmapper.recorded', 'creating'],
      ['devmapper.made', 'creating'],
      ['devmapper.activated', 'activating'],
    ]);
    assert.equal(registry.get('1')?.state, 'activated');
    assert.equal(registry.get('1')?.shared, MIB / 2);
  });

  it('passes over numbers that somebody else has, and names none of them', async (t) => {
    const { mapper, devices, registry } = await setUp(t);
    for (const number of [1, 2]) mapper.numbers.add(number);
    await devices.createEmpty('1', device);
    assert.equal(registry.get('1')?.deviceId, 3);
  });

  it('has what is in use wait while it is copied', async (t) => {
    const { mapper, devices } = await setUp(t);
    await devices.createEmpty('1', device);
    mapper.asked.length = 0;
    await devices.createFrom('2', '1');
    assert.deepEqual(mapper.asked.slice(0, 3), [
      'suspend pool-snap-1',
      'message create_snap 2 1',
      'resume pool-snap-1',
    ]);
    mapper.failures.set('message', refusal('EIO'));
    await assert.rejects(devices.createFrom('3', '1'), DataLossError);
    assert.equal(mapper.devices.get('pool-snap-1')?.suspended, false);
  });

  it('leaves nothing of what cannot be made, and says that the pool is full', async (t) => {
    const { mapper, devices, registry } = await setUp(t);
    mapper.failures.set('create', refusal('ENOSPC'));
    mapper.poolStatus = ['0', '1/2', '3/4', '-', 'out_of_data_space'];
    await assert.rejects(devices.createEmpty('1', device), ResourceExhaustedError);
    assert.deepEqual([registry.entries(), mapper.numbers.size, mapper.devices.size], [[], 0, 0]);
  });

  it('puts away what nobody uses, and deletes it', async (t) => {
    const { mapper, devices, registry } = await setUp(t);
    await devices.createEmpty('1', device);
    const there = mapper.devices.get('pool-snap-1');
    assert.ok(there);
    there.open = 1;
    await devices.putAway('1');
    assert.equal(registry.get('1')?.state, 'activated');
    await assert.rejects(devices.delete('1'), FailedPreconditionError);
    assert.equal(registry.get('1')?.state, 'removing');
    there.open = 0;
    await devices.delete('1');
    await devices.delete('1');
    assert.deepEqual([registry.entries(), mapper.numbers.size], [[], 0]);
  });

  it('marks a device as faulty for good when its disk fails', async (t) => {
    const { devices, start } = await setUp(t);
    await devices.createEmpty('1', device);
    await assert.rejects(
      devices.guard('1', 'failed to write', () => Promise.reject(refusal('ENOSPC'))),
      ResourceExhaustedError,
    );
    assert.equal(devices.healthy('1').state, 'activated');
    await assert.rejects(
      devices.guard('1', 'failed to write', () => Promise.reject(refusal('EIO'))),
      DataLossError,
    );
    for (const each of [devices, start().devices]) {
      assert.throws(() => each.healthy('1'), /the device of snapshot 1 is faulty: failed to write/);
    }
    assert.throws(() => devices.healthy('2'), DataLossError);
  });

  it('writes out what is mounted, and gives it another size while it is in use', async (t) => {
    const { mapper, devices, registry } = await setUp(t);
    await devices.createEmpty('1', device);
    const there = mapper.devices.get('pool-snap-1');
    assert.ok(there);
    there.open = 1;
    mapper.asked.length = 0;
    await devices.flush('1', false);
    assert.deepEqual(mapper.asked, ['suspend pool-snap-1', 'resume pool-snap-1']);
    for (const size of [4 * MIB, 2 * MIB]) {
      await devices.resize('1', size);
      assert.equal(registry.get('1')?.size, size);
      assert.equal(there.table.sectors, size / 512);
    }
  });

  it('finishes at the start what the last run left, and says what cannot be', async (t) => {
    const { mapper, devices, registry, start } = await setUp(t);
    for (const id of ['1', '2', '3', '4']) await devices.createEmpty(id, device);
    await registry.update('1', { state: 'deactivating' });
    await registry.update('2', { state: 'activating' });
    mapper.devices.delete('pool-snap-2');
    await registry.update('3', { size: 2 * MIB });
    await mapper.suspend('pool-snap-3');
    mapper.devices.delete('pool-snap-4');
    mapper.numbers.delete(Number(registry.get('4')?.deviceId));
    const again = start();
    const reported: unknown[] = [];
    const report = (error: unknown) => void reported.push(error);
    await again.devices.resume(report);
    await again.devices.recover(report);
    assert.deepEqual(
      again.registry.entries().map(([id, { state }]) => [id, state]),
      [
        ['1', 'deactivated'],
        ['2', 'activated'],
        ['3', 'activated'],
        ['4', 'faulty'],
      ],
    );
    assert.equal(mapper.devices.get('pool-snap-3')?.suspended, false);
    assert.equal(mapper.devices.get('pool-snap-3')?.table.sectors, (2 * MIB) / 512);
    assert.equal(reported.length, 1);
  });
});
