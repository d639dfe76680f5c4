/** Each back end below a real containerd, and after being killed in the middle of its work. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backEnds, startBackEnd } from '../support/back-ends.js';
import { Containerd } from '../support/containerd.js';
import { buildImage, imageLayers, imageName, importArguments } from '../support/image.js';
import { lookInside } from '../support/look-inside.js';
import { mountsBelow, untilNothingIsAttachedBelow } from '../support/mounts.js';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { until } from '../support/until.js';

const needs = ['containers', 'umoci'] as const;
const throughStrata = ['--snapshotter', 'strata'] as const;

/** What a container has to find of its image, whatever it is kept in. */
const look =
  'cat /data/kept /data/replaced; ls -A /opaque; stat -c %a /data/setuid; stat -c %h /data/linked; echo x > /data/own; cat /data/own';
const found = 'kept\nfrom above\nvisible\n4755\n2\nx\n';

for (const backEnd of backEnds) {
  scenario(
    `containerd runs containers from ${backEnd.title}`,
    { needs: [...needs, ...backEnd.needs] },
    async (running) => {
      const strata = await startBackEnd(running, backEnd, { proxy: true });
      const containerd = await Containerd.start(running, { proxies: { strata: strata.address } });
      const archive = await buildImage(await running.directory());
      await containerd.must(['image', 'import', ...throughStrata, ...importArguments, archive]);
      const layers = (await containerd.must(['snapshots', ...throughStrata, 'ls'])).trim().split('\n').slice(1);
      assert.equal(layers.length, imageLayers);
      for (const id of ['first', 'second']) {
        const said = await containerd.runOnce(...throughStrata, imageName, id, '/bin/sh', '-c', look);
        assert.equal(said, found);
      }
      const { snapshotter } = backEnd;
      await lookInside(running, { strata, containerd, snapshotter });
      const recorded = () => strata.must(['--snapshotter', snapshotter, 'ls', '--json']);
      assert.notEqual((await recorded()).trim(), '[]');
      await containerd.must(['image', 'rm', '--sync', imageName]);
      await until('nothing is recorded any more', async () => (await recorded()).trim() === '[]');
      await until('no file of a snapshot is left', async () => (await strata.onDisk()).length === 0);
    },
  );
}

/** The others are killed by the torture. */
const killable = backEnds.filter(({ title }) => title === 'blockfile with xfs');

for (const backEnd of killable) {
  scenario(`${backEnd.title} leaves nothing behind when it is killed`, { needs: backEnd.needs }, async (running) => {
    const strata = await startBackEnd(running, backEnd);
    const call = (...args: readonly string[]) => strata.run(['--snapshotter', backEnd.snapshotter, ...args]);
    const must = (...args: readonly string[]) => strata.must(['--snapshotter', backEnd.snapshotter, ...args]);
    await must('prepare', 'base');
    const work = await running.directory();
    await must('mount', 'base', work);
    await mustRun('sh', ['-c', 'for i in $(seq 400); do head -c 20000 /dev/urandom > "$0/$i"; done', work]);
    await mustRun('umount', [work]);
    await must('commit', 'layer', 'base');
    const operations = [
      () => call('prepare', 'child', 'layer'),
      () => call('commit', 'grandchild', 'child'),
      () => call('rm', 'child'),
    ];
    for (const [index, operation] of operations.entries()) {
      for (const pause of [60, 90, 120, 150]) {
        if (index > 0) await call('prepare', 'child', 'layer');
        const answer = operation();
        // Wherever this meets it, between the start of the command and its end, is as good as anywhere.
        await delay(pause);
        await strata.kill();
        await answer;
        await strata.startAgain();
        for (const name of ['child', 'grandchild']) await call('rm', name);
        await until('only the layer is left', async () => (await strata.onDisk()).length === 1);
        assert.deepEqual(await mountsBelow(strata.directory), []);
        await untilNothingIsAttachedBelow(path.join(strata.directory, 'root'));
      }
    }
  });
}
