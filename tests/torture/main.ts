/** What `npm run torture` runs: many kills, with their seed, their progress and their counts. */
import { parseArgs } from 'node:util';
import { freshSeed } from '../support/random.js';
import { torturedBackEnds } from './back-ends/index.js';
import { placeFor } from './place.js';
import { type Counts, torture } from './torture.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    callers: { type: 'string' },
    snapshotter: { type: 'string', default: 'overlayfs' },
  },
});
const seed = values.seed === undefined ? freshSeed() : Number(values.seed);
const kills = Number(values.kills);
const every = Math.max(1, Math.floor(kills / 20));
const started = performance.now();

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function progress(counts: Counts): void {
  if (counts.kills % every !== 0) return;
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  say(`${counts.kills} kills, ${counts.answered} calls answered, ${seconds} s`);
}

const backEnd = torturedBackEnds.find(({ snapshotter }) => snapshotter === values.snapshotter);
if (backEnd === undefined) throw new Error(`there is no way to torture ${values.snapshotter}`);
const place = await placeFor(backEnd);
const { directory } = place;
say(`seed ${seed}, ${kills} kills of ${backEnd.snapshotter}, in ${directory}`);
try {
  const callers = values.callers === undefined ? {} : { callers: Number(values.callers) };
  const counts = await torture({ directory, backEnd, seed, kills, ...callers, onKill: progress });
  for (const [point, count] of [...counts.at].sort()) say(`  ${point.padEnd(22)} ${count}`);
  say(
    `${counts.kills} kills, ${counts.answered} calls answered, ${counts.happened} happened unanswered: all as it must be`,
  );
  await place.remove();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  say(`seed ${seed}; what is left lies in ${directory}`);
  process.exitCode = 1;
}
