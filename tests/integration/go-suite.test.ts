/** containerd's own test suite for snapshotters, through containerd's own client. */
import assert from 'node:assert/strict';
import { backEnds, startBackEnd } from '../support/back-ends.js';
import { Containerd } from '../support/containerd.js';
import { compileGoSuite, type GoTarget, goCases, runGoSuite } from '../support/go-suite.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

const needs = ['root', 'go'] as const;

/** The suite itself skips this case, always: its author found that some kernels' overlayfs does not rename directories. */
const skippedBySuite = ['Rename'];

async function reportSuite(running: Scenario, target: GoTarget): Promise<void> {
  await compileGoSuite();
  const outcomes = await runGoSuite(target, await running.directory());
  const byName = new Map(outcomes.map((each) => [each.name.replace('TestSnapshotter/', ''), each]));
  for (const name of await goCases()) {
    if (skippedBySuite.includes(name)) continue;
    await running.step(name, () => {
      const found = byName.get(name);
      assert.ok(found, `the suite ended before it came to ${name}`);
      assert.equal(found.outcome, 'pass', found.output);
    });
  }
}

scenario('the suite holds for strata serve', { needs }, async (running) => {
  const strata = await Strata.start(running);
  await reportSuite(running, { address: strata.address, snapshotter: 'overlayfs', namespaced: true });
});

scenario('the suite holds for strata serve --proxy, without namespaces', { needs }, async (running) => {
  const strata = await Strata.start(running, { proxy: true });
  await reportSuite(running, { address: strata.address, snapshotter: 'strata', namespaced: false });
});

for (const backEnd of backEnds) {
  scenario(`the suite holds for ${backEnd.title}`, { needs: [...needs, ...backEnd.needs] }, async (running) => {
    const strata = await startBackEnd(running, backEnd);
    await reportSuite(running, { address: strata.address, snapshotter: backEnd.snapshotter, namespaced: true });
  });
}

scenario(
  "the suite, as it is run here, holds for containerd's own overlayfs",
  {
    needs: [...needs, 'containerd'],
  },
  async (running) => {
    const containerd = await Containerd.start(running);
    await reportSuite(running, { address: containerd.address, snapshotter: 'overlayfs', namespaced: true });
  },
);
