/** What `npm run torture` runs: many kills, with their seed, their progress and their counts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freshSeed } from '../support/random.js';
import { type Counts, torture } from './torture.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    callers: { type: 'string', default: '16' },
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

const directory = await mkdtemp(path.join(tmpdir(), 'strata-torture-'));
say(`seed ${seed}, ${kills} kills, in ${directory}`);
try {
  const counts = await torture({ directory, seed, kills, callers: Number(values.callers), onKill: progress });
  for (const [point, count] of [...counts.at].sort()) say(`  ${point.padEnd(20)} ${count}`);
  say(
    `${counts.kills} kills, ${counts.answered} calls answered, ${counts.happened} happened unanswered: all as it must be`,
  );
  await rm(directory, { recursive: true, force: true });
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  say(`seed ${seed}; what is left lies in ${directory}`);
  process.exitCode = 1;
}
