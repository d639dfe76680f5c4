import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FailedPreconditionError, ResourceExhaustedError } from '../../errors/index.js';
import { FakeMapper, fakePool } from './fake-mapper.test.rig.js';
import { ThinPool } from './thin-pool.js';

const MIB = 2 ** 20;

function setUp() {
  const mapper = new FakeMapper();
  return { mapper, pool: new ThinPool(fakePool, mapper) };
}

describe('ThinPool', () => {
  const states: readonly [readonly string[], (new (...of: never[]) => Error) | undefined][] = [
    [['0', '1/2', '3/4', '-', 'rw'], undefined],
    [['0', '1/2', '3/4', '-', 'out_of_data_space'], ResourceExhaustedError],
    [['0', '1/2', '3/4', '-', 'ro'], FailedPreconditionError],
    [['0', '1/2', '3/4', '-', 'rw', 'needs_check'], FailedPreconditionError],
    [['Fail'], FailedPreconditionError],
  ];
  for (const [words, Class] of states) {
    it(`that says ${words.join(' ')} ${Class === undefined ? 'can be written to' : `is ${Class.name}`}`, async () => {
      const { mapper, pool } = setUp();
      mapper.poolStatus = words;
      if (Class === undefined) await pool.check();
      else await assert.rejects(pool.check(), Class);
    });
  }

  it('activates a device once, and another of its name in the place of one that nobody knows', async () => {
    const { mapper, pool } = setUp();
    for (const number of [50, 51]) await pool.createThin(number);
    await pool.activate('9', { deviceId: 50, size: MIB });
    await pool.activate('9', { deviceId: 50, size: MIB });
    assert.equal(await pool.numberOf('9'), 50);
    assert.equal(await pool.size('9'), MIB);
    await pool.activate('9', { deviceId: 51, size: MIB });
    assert.equal(await pool.numberOf('9'), 51);
    assert.deepEqual([...(await pool.activated()).keys()], ['9']);
    const device = mapper.devices.get('pool-snap-9');
    assert.ok(device);
    device.open = 1;
    await assert.rejects(pool.activate('9', { deviceId: 50, size: MIB }), { code: 'EBUSY' });
  });

  it('deletes what is there, and is content with what is not', async () => {
    const { mapper, pool } = setUp();
    await pool.createThin(1);
    await pool.createSnapshot(2, 1);
    await assert.rejects(pool.createThin(1), { code: 'EEXIST' });
    for (const number of [1, 1, 2]) await pool.delete(number);
    assert.equal(mapper.numbers.size, 0);
  });

  it('has devices that are only read beside the others', async () => {
    const { pool } = setUp();
    await pool.createThin(1);
    await pool.activateReading('9', { deviceId: 1, size: MIB });
    assert.deepEqual(await pool.readings(), ['9']);
    assert.equal(await pool.find('9'), undefined);
    assert.equal(pool.readingPath('9'), '/dev/mapper/pool-read-9');
    await pool.deactivateReading('9');
    assert.deepEqual(await pool.readings(), []);
  });

  it('says how much of a device has a place in the pool', async () => {
    const { mapper, pool } = setUp();
    await pool.createThin(1);
    await pool.activate('9', { deviceId: 1, size: MIB });
    assert.equal(await pool.mapped('9'), MIB / 2);
    mapper.status = async () => ['Fail'];
    await assert.rejects(pool.mapped('9'), { code: 'EIO' });
  });
});
