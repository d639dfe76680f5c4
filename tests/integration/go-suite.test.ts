/** What is written in Go: containerd's own test suite for snapshotters, and layers unpacked by its own applier. */
import assert from 'node:assert/strict';
import { backEnds, startBackEnd } from '../support/back-ends.js';
import { Containerd } from '../support/containerd.js';
import { compileGoSuite, type GoTarget, goCases, runGoTest } from '../support/go-suite.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

const needs = ['root', 'go'] as const;

/** The suite itself skips this case, always: its author found that some kernels' overlayfs does not rename directories. */
const skippedBySuite = ['Rename'];

async function reportSuite(running: Scenario, target: GoTarget): Promise<void> {
  await compileGoSuite();
  const outcomes = await runGoTest('TestSnapshotter', target, await running.directory());
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

async function reportRebase(running: Scenario, { address }: Strata, snapshotter: string): Promise<void> {
  await compileGoSuite();
  const target = { address, snapshotter, namespaced: true };
  const outcomes = await runGoTest('TestRebase', target, await running.directory());
  assert.deepEqual(
    outcomes.map(({ name }) => name),
    ['LikeSequential', 'LostWithoutLabel', 'RefusedWithoutLabel'].map((name) => `TestRebase/${name}`),
  );
  for (const { name, outcome, output } of outcomes) {
    await running.step(name, () => assert.equal(outcome, 'pass', output));
  }
}

scenario('layers unpacked in parallel onto overlayfs', { needs: [...needs, 'overlay'] }, async (running) => {
  await reportRebase(running, await Strata.start(running), 'overlayfs');
});

for (const backEnd of backEnds.filter(({ snapshotter }) => snapshotter === 'erofs')) {
  scenario(
    `layers unpacked in parallel onto ${backEnd.title}`,
    { needs: [...needs, ...backEnd.needs] },
    async (running) => {
      await reportRebase(running, await startBackEnd(running, backEnd), backEnd.snapshotter);
    },
  );
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
