/** A fixed share of what `npm run fuzz` does: the same inputs each time. */
import { fuzz } from '../fuzz/target.js';
import { targets } from '../fuzz/targets.js';
import { scenario } from '../support/scenario.js';

const seed = 1_000_000;

for (const target of targets) {
  scenario(`input that nobody expects, to ${target.name}`, { needs: target.needs ?? [] }, async (running) => {
    const directory = await running.directory();
    await running.step(`${target.attempts} times`, async () => {
      await fuzz(target, { directory, seed, length: { attempts: target.attempts } });
    });
  });
}
