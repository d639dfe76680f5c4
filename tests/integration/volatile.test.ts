/** Snapshots whose overlay skips synchronisation, which the kernel mounts once only. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { startBackEnd } from '../support/back-ends.js';
import { run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { until } from '../support/until.js';

const backEnds = [
  { snapshotter: 'overlayfs', needs: ['overlay'], settings: 'mount_options = ["volatile"]' },
  { snapshotter: 'erofs', needs: ['erofs', 'overlay'], settings: 'ovl_mount_options = ["volatile"]' },
] as const;

for (const backEnd of backEnds) {
  const { snapshotter, needs } = backEnd;
  scenario(`${snapshotter} with volatile mounts`, { needs }, async (running) => {
    const strata = await startBackEnd(running, { ...backEnd, title: snapshotter });
    const target = path.join(await running.directory(), 'target');
    const file = path.join(target, 'file');
    await mkdir(target);
    const must = (...args: readonly string[]) => strata.must(['--snapshotter', snapshotter, ...args]);
    await must('prepare', 'base');
    await must('commit', 'layer', 'base');
    await must('prepare', 'work', 'layer');

    /** Fails while somebody has the mount in a namespace of his own. */
    async function lookInside(): Promise<boolean> {
      const { status } = await strata.run(['--snapshotter', snapshotter, 'mount', 'work', target]);
      if (status !== 0) return false;
      assert.equal(await readFile(file, 'utf8'), 'one two three');
      await must('umount', target);
      return true;
    }

    await running.step('mounts a snapshot again and again', async () => {
      for (const word of ['one ', 'two ', 'three']) {
        await must('mount', 'work', target);
        await appendFile(file, word);
        await must('umount', target);
      }
    });

    await running.step('mounts it after others did, and for others', async () => {
      const mounts = await must('mounts', 'work', target);
      const byOthers = () => run('sh', ['-ec', `${mounts}\numount ${target}`]);
      await until('others can mount it', async () => {
        const { status } = await byOthers();
        if (status !== 0) await lookInside();
        return status === 0;
      });
      assert.notEqual((await byOthers()).status, 0);
      await until('it can be mounted after others', lookInside);
    });

    await running.step('commits what was written', async () => {
      await must('commit', 'top', 'work');
      await must('view', 'look', 'top');
      await must('mount', 'look', target);
      assert.equal(await readFile(file, 'utf8'), 'one two three');
      await must('umount', target);
    });
  });
}
