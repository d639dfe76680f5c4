/** A daemon that is killed, again and again, in the middle of its work, with each back end. */
import assert from 'node:assert/strict';
import { freshSeed } from '../support/random.js';
import { scenario } from '../support/scenario.js';
import { ownPointsOf, pointsOf, type TorturedBackEnd, torturedBackEnds } from '../torture/back-ends/index.js';
import { overlay } from '../torture/back-ends/overlay.js';
import { placeFor } from '../torture/place.js';
import { type Counts, type TortureOptions, torture } from '../torture/torture.js';

/** What they have in common is killed often enough with overlayfs; the others have to die at the points of their own. */
function shareOf(backEnd: TorturedBackEnd): Pick<TortureOptions, 'kills'> & Required<Pick<TortureOptions, 'everyOne'>> {
  // Deep chains come about in long runs only.
  const often = pointsOf(backEnd).filter((point) => !point.startsWith('flat.'));
  if (backEnd === overlay) return { kills: 100, everyOne: often };
  return { kills: 20, everyOne: ownPointsOf(backEnd) };
}

for (const backEnd of torturedBackEnds) {
  const { snapshotter, needs } = backEnd;
  const share = shareOf(backEnd);
  scenario(`a daemon with ${snapshotter} that is killed again and again`, { needs }, async (running) => {
    const seed = freshSeed();
    const again = `--snapshotter ${snapshotter} --kills ${share.kills} --seed ${seed}`;
    running.onFailure(() => `--- to see it again: npm run torture -- ${again}\n`);
    const { directory, remove } = await placeFor(backEnd);
    running.defer(remove);
    let counts: Counts | undefined;

    await running.step('has what it acknowledged each time, nothing by halves, and no id twice', async () => {
      counts = await torture({ directory, backEnd, seed, ...share });
      assert.equal(counts.kills >= share.kills, true);
      assert.notEqual(counts.answered, 0);
    });

    await running.step('and it was killed at every point where a crash would be worst', () => {
      assert.deepEqual(
        share.everyOne.filter((point) => !counts?.at.has(point)),
        [],
      );
    });
  });
}
