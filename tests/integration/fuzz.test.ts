/** A fixed share of what `npm run fuzz` does: the same inputs each time. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fuzz } from '../fuzz/target.js';
import { targets } from '../fuzz/targets.js';
import { scenario } from '../support/scenario.js';

const seed = 1_000_000;

scenario('input that nobody expects', {}, async (running) => {
  const top = await running.directory();
  for (const target of targets) {
    await running.step(`${target.attempts} times, to ${target.name}`, async () => {
      const directory = path.join(top, target.name);
      await mkdir(directory);
      await fuzz(target, { directory, seed, length: { attempts: target.attempts } });
    });
  }
});
