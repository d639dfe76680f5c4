/** What `npm run fuzz` runs: one target or each in turn, for so many seconds or attempts, from a seed on. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freshSeed } from '../support/random.js';
import { fuzz } from './target.js';
import { targets } from './targets.js';

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    attempts: { type: 'string' },
    seed: { type: 'string' },
  },
});
const chosen = targets.filter(({ name }) => values.target === undefined || name === values.target);
if (chosen.length === 0) {
  process.stderr.write(`--target is one of ${targets.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
const seed = values.seed === undefined ? freshSeed() : Number(values.seed);
const length =
  values.attempts === undefined ? { seconds: Number(values.seconds) } : { attempts: Number(values.attempts) };
const top = await mkdtemp(path.join(tmpdir(), 'strata-fuzz-'));
try {
  for (const target of chosen) {
    const directory = path.join(top, target.name);
    await mkdir(directory);
    const attempts = await fuzz(target, { directory, seed, length });
    process.stdout.write(`${target.name}: ${attempts} attempts from seed ${seed} on, all as they must be\n`);
  }
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exitCode = 1;
} finally {
  await rm(top, { recursive: true, force: true });
}
