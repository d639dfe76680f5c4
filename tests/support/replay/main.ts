/** What `npm run replay` runs: recordings and their states until the time is over, with progress and counts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Durability } from '../../../src/index.js';
import { freshSeed } from '../random.js';
import { type Breakage, breakages } from './breakages.js';
import { type Counts, campaign, textOfLoss } from './campaign.js';
import { kindsOfStates } from './candidates.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string' },
    states: { type: 'string', default: '1000' },
    durability: { type: 'string', default: 'full' },
    break: { type: 'string' },
  },
});
const seed = values.seed === undefined ? freshSeed() : Number(values.seed);
const started = performance.now();
const seconds = () => (performance.now() - started) / 1000;
let told = 0;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function isDurability(text: string): text is Durability {
  return text === 'full' || text === 'metadata' || text === 'none';
}

function isBreakage(text: string): text is Breakage {
  return text in breakages;
}

function progress({ recordings, states, disks, losses }: Counts): void {
  for (const loss of losses.slice(told)) say(textOfLoss(loss));
  told = losses.length;
  say(`${recordings} recordings, ${states} states, ${disks} disks, ${losses.length} losses, ${seconds().toFixed(0)} s`);
}

const { durability, break: breakage } = values;
if (!isDurability(durability)) throw new Error('--durability is full, metadata or none');
if (breakage !== undefined && !isBreakage(breakage)) throw new Error(`--break is ${Object.keys(breakages).join(', ')}`);
const directory = await mkdtemp(path.join(tmpdir(), 'strata-replay-'));
say(`seed ${seed}`);
try {
  const { losses, ofKind } = await campaign({
    directory,
    seed,
    recordings: Number.POSITIVE_INFINITY,
    states: Number(values.states),
    durability,
    ...(breakage === undefined ? {} : { breakage }),
    enough: () => seconds() > Number(values.seconds),
    onRecording: progress,
  });
  for (const [kind, count] of ofKind) say(`  ${kind.padEnd(10)} ${String(count).padStart(7)}  ${kindsOfStates[kind]}`);
  process.exitCode = losses.length > 0 ? 1 : 0;
} finally {
  await rm(directory, { recursive: true, force: true });
}
