/** What is recorded of thin devices, without any; checker-pool.test.ts has those of a pool. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { InternalError } from '../../errors/index.js';
import type { DeviceMapper, MappedDevice } from '../../linux/index.js';
import { type CheckedFiles, noContext, noUsage } from '../../snapshots/index.js';
import { devmapperChecker } from './checker.js';
import { type DeviceRecord, DeviceRecords } from './device-records.js';
import { DeviceRegistry } from './registry.js';

const pool = 'pool';
const healthy: DeviceRecord = {
  deviceId: 1,
  state: 'activated',
  fileSystem: 'ext4',
  size: 512,
  shared: 0,
  fault: '',
};

/** Knows which devices are activated, and no more. */
function fakeMapper(active: Map<string, MappedDevice>): DeviceMapper {
  const refuse = () => Promise.reject(new InternalError('the check asks for no such thing'));
  return {
    create: async (name) => void active.set(name, { name, open: 0, suspended: false }),
    remove: async (name) => void active.delete(name),
    find: async (name) => active.get(name),
    list: async () => [...active.keys()],
    status: refuse,
    parameters: refuse,
    sectors: refuse,
    message: refuse,
    replace: refuse,
    reload: refuse,
    suspend: refuse,
    resume: refuse,
  };
}

const records = new DeviceRecords(pool);

async function setUp(t: TestContext, recorded: Readonly<Record<string, Partial<DeviceRecord>>>) {
  const { store, ...temporary } = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  await store.write((tx) => {
    for (const [id, record] of Object.entries(recorded)) {
      records.put(tx, id, { ...healthy, deviceId: Number(id), ...record });
    }
  });
  const active = new Map<string, MappedDevice>();
  const mapper = fakeMapper(active);
  const registry = new DeviceRegistry(store, pool);
  const parts = { root: '/nowhere', store, poolName: pool, mapper };
  return { store, active, open: devmapperChecker({ ...parts, registry }), closed: devmapperChecker(parts) };
}

function snapshot(id: string): CheckedFiles {
  return { id, kind: 'committed', parentIds: [], usage: noUsage };
}

describe('devmapperChecker', () => {
  it('names devices that are missing, faulty, or in the middle of something', async (t) => {
    const { closed } = await setUp(t, {
      0: {},
      1: { state: 'deactivated' },
      2: { state: 'faulty', fault: 'it broke' },
      3: { state: 'removing' },
    });
    const problems = [];
    for (const id of ['1', '2', '3', '4'])
      problems.push(...(await closed.inspect(snapshot(id), 'quick', noContext)).problems);
    assert.deepEqual(
      problems.map(({ kind, path, message, repairable }) => [kind, path, message, repairable]),
      [
        ['faulty-device', '/dev/mapper/pool-snap-2', 'it broke', false],
        ['faulty-device', '/dev/mapper/pool-snap-3', 'its state is removing', false],
        ['missing-device', '/dev/mapper/pool-snap-4', 'nothing is recorded of it', false],
      ],
    );
    const ids: string[] = [];
    for await (const id of closed.ids()) ids.push(id);
    assert.deepEqual(ids, ['1', '2', '3'], 'the template is no snapshot');
  });

  it('activates what is to be, where a driver is open', async (t) => {
    const { open, closed, active } = await setUp(t, { 1: {} });
    assert.deepEqual((await closed.inspect(snapshot('1'), 'normal', noContext)).problems, []);
    const { problems } = await open.inspect(snapshot('1'), 'normal', noContext);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ['inactive-device'],
    );
    const [problem] = problems;
    assert.ok(problem);
    assert.equal(await open.repair(snapshot('1'), problem), true);
    assert.deepEqual([...active.keys()], ['pool-snap-1']);
    assert.equal(await open.repair(snapshot('1'), problem), false, 'it is as it is to be');
    assert.deepEqual((await open.inspect(snapshot('1'), 'normal', noContext)).problems, []);
  });

  it('forgets a device, and gives what is needed to find it again', async (t) => {
    const { open, store } = await setUp(t, { 1: { deviceId: 7 } });
    assert.deepEqual(await open.forget?.('1'), { pool, ...healthy, deviceId: 7 });
    assert.equal(
      store.read((tx) => records.find(tx, '1')),
      undefined,
    );
  });

  it('says of layers that it does not read them where the pool is not there', async (t) => {
    const { closed } = await setUp(t, { 1: {} });
    assert.deepEqual(await closed.inspect(snapshot('1'), 'deep', noContext), { problems: [], unread: true });
  });
});
