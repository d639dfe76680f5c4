import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mapConcurrent } from './concurrent.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('mapping several at a time', () => {
  it('keeps the order, whoever is done first', async () => {
    const waits = [3, 0, 2, 1];
    const map = async (wait: number) => {
      for (let n = 0; n < wait; n++) await turn();
      return wait * 10;
    };
    assert.deepEqual(await mapConcurrent(waits, map, { limit: 4 }), [30, 0, 20, 10]);
  });

  it('has as many under way as it may, and no more', async () => {
    let [running, most] = [0, 0];
    const map = async () => {
      most = Math.max(most, ++running);
      await turn();
      running -= 1;
    };
    await mapConcurrent([...Array(20).keys()], map, { limit: 3 });
    assert.equal(most, 3);
  });

  it('begins nothing more after a failure, and throws it', async () => {
    const begun: number[] = [];
    const map = async (item: number) => {
      begun.push(item);
      await turn();
      if (item === 1) throw new Error('no');
    };
    await assert.rejects(mapConcurrent([0, 1, 2, 3, 4, 5], map, { limit: 2 }), { message: 'no' });
    await turn();
    await turn();
    assert.ok(!begun.includes(4), `${begun}`);
  });

  it('takes nothing', async () => assert.deepEqual(await mapConcurrent([], turn, { limit: 4 }), []));
});
