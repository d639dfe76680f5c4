/** A daemon that is killed, again and again, in the middle of its work. */
import assert from 'node:assert/strict';
import { faultPoints } from '#strata/faults/index.js';
import { freshSeed } from '../support/random.js';
import { scenario } from '../support/scenario.js';
import { type Counts, torture } from '../torture/torture.js';

const kills = 100;

scenario('a daemon that is killed a hundred times', {}, async (running) => {
  const directory = await running.directory();
  const seed = freshSeed();
  running.onFailure(() => `--- to see it again: npm run torture -- --kills ${kills} --seed ${seed}\n`);
  let counts: Counts | undefined;

  await running.step('has what it acknowledged each time, nothing by halves, and no id twice', async () => {
    counts = await torture({ directory, seed, kills });
    assert.equal(counts.kills >= kills, true);
    assert.notEqual(counts.answered, 0);
  });

  await running.step('and it was killed at every point where a crash would be worst', () => {
    assert.deepEqual(
      faultPoints.filter((point) => !counts?.at.has(point)),
      [],
    );
  });
});
