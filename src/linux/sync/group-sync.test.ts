import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { Gate } from '../../../tests/support/memory-driver.js';
import { GroupSync } from './group-sync.js';

/** A synchronisation that a test lets finish, and the number of those that began. */
function counting() {
  const gates: Gate[] = [];
  const sync = async (): Promise<void> => {
    const gate = new Gate();
    gates.push(gate);
    await gate.pass();
  };
  return { gates, group: new GroupSync('/', sync) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('GroupSync', () => {
  it('serves all who ask at once with one synchronisation', async () => {
    const { gates, group } = counting();
    const asked = [group.sync(), group.sync(), group.sync()];
    await turn();
    assert.equal(gates.length, 1);
    gates[0]?.open();
    await Promise.all(asked);
  });

  it('lets those who ask meanwhile wait for the next one, and not for the one under way', async () => {
    const { gates, group } = counting();
    const first = group.sync();
    await turn();
    let late = 0;
    const second = [group.sync(), group.sync()].map((asked) => asked.then(() => late++));
    await turn();
    assert.equal(gates.length, 1);
    gates[0]?.open();
    await first;
    await turn();
    assert.equal(gates.length, 2);
    assert.equal(late, 0);
    gates[1]?.open();
    await Promise.all(second);
    await turn();
    assert.equal(gates.length, 2);
  });

  it('tells a failure to those who waited for it, and goes on', async () => {
    let failing = true;
    const group = new GroupSync('/', async () => {
      if (failing) throw new Error('EIO');
    });
    const outcomes = await Promise.allSettled([group.sync(), group.sync()]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    failing = false;
    await group.sync();
  });

  it('synchronises a real file system, and says when there is none', async () => {
    await new GroupSync(tmpdir()).sync();
    await assert.rejects(new GroupSync('/nowhere/at/all').sync(), { code: 'ENOENT' });
  });
});
