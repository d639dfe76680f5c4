import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { silentErrors } from './background-errors.js';
import { CommitLeftovers } from './commit-leftovers.js';

function open() {
  const told: string[] = [];
  const driver = Object.assign(new MemoryDriver(), {
    committed: async (ids: readonly string[]) => void told.push(...ids),
  });
  return { told, leftovers: new CommitLeftovers(driver, silentErrors) };
}

describe('what only the active snapshots of commits needed', () => {
  it('goes in the background, after each commit', async () => {
    const { told, leftovers } = open();
    leftovers.drop('3');
    leftovers.drop('4');
    assert.deepEqual(told, []);
    await leftovers.drain();
    assert.deepEqual(told, ['3', '4']);
    await leftovers.close();
  });

  it('is looked for once, for what a crash has left', async () => {
    const { told, leftovers } = open();
    for (const ids of [['1'], ['2']]) leftovers.search(() => ids);
    await leftovers.drain();
    assert.deepEqual(told, ['1']);
  });

  it('is nothing for a driver that leaves nothing', async () => {
    const leftovers = new CommitLeftovers(new MemoryDriver(), silentErrors);
    leftovers.drop('1');
    leftovers.search(() => assert.fail('nobody asks'));
    await leftovers.drain();
    await leftovers.close();
  });
});
