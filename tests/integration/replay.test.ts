/** Whatever a power cut leaves of what was written, Strata starts on it and has what it answered. */
import assert from 'node:assert/strict';
import { freshSeed } from '../support/random.js';
import type { Breakage } from '../support/replay/breakages.js';
import { type CampaignOptions, type Counts, campaign, textOfLoss } from '../support/replay/campaign.js';
import { kindsOfStates } from '../support/replay/candidates.js';
import { type Scenario, scenario } from '../support/scenario.js';

const needs = ['root', 'tracing'] as const;
const states = 120;
/** Enough to see that something is noticed. */
const noticed = 1;

async function explored(running: Scenario, options: Omit<CampaignOptions, 'directory' | 'seed'>): Promise<Counts> {
  const seed = freshSeed();
  running.onFailure(() => `--- to see it again: npm run replay -- --states ${states} --seed ${seed}\n`);
  return campaign({ directory: await running.directory(), seed, ...options });
}

scenario('disks as power cuts leave them', { needs }, async (running) => {
  const { losses, ofKind } = await explored(running, { recordings: 2, states: states / 2 });
  await running.step('have everything that was answered, and nothing by halves', () => {
    assert.deepEqual(losses.map(textOfLoss), []);
  });
  await running.step('were of every kind', () => {
    assert.deepEqual([...ofKind.keys()].sort(), Object.keys(kindsOfStates).sort());
  });
});

scenario('disks as power cuts leave them in the first start', { needs }, async (running) => {
  // So many events are behind the first commit of the store; all states there are tried.
  const { losses, states: tried } = await explored(running, { recordings: 1, states: 1000, points: 40 });
  await running.step('are all started on', () => {
    assert.deepEqual(losses.map(textOfLoss), []);
    assert.ok(tried > 40, `${tried} states`);
  });
});

scenario('it is noticed', { needs }, async (running) => {
  const broken: readonly [what: string, breakage: Breakage, complaint: RegExp][] = [
    ['when a layer is recorded before it is on disk', 'layers-unsynced', /committed|file list|content|missing/],
    ['when the store synchronises nothing', 'store-unsynced', /is lost|is damaged/],
    ['when the store does not wait for its log', 'log-unsynced', /is lost|should not be/],
    ['when calls are answered before they are on disk', 'answered-at-once', /is lost|should not be/],
  ];
  for (const [what, breakage, complaint] of broken) {
    await running.step(what, async () => {
      const enough = ({ losses }: { losses: readonly unknown[] }) => losses.length >= noticed;
      const { losses } = await explored(running, { recordings: 1, states, breakage, enough });
      assert.match(losses.map(textOfLoss).join('\n'), complaint);
    });
  }
});
