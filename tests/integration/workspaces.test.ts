/** Checkpoints, forks and the way back, on every back end, through the daemon; also after it was killed. */
import assert from 'node:assert/strict';
import { type BackEnd, backEnds, startBackEnd } from '../support/back-ends.js';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';

const overlay: BackEnd = { title: 'overlayfs', snapshotter: 'overlayfs', needs: ['overlay'] };

for (const backEnd of [overlay, ...backEnds]) {
  scenario(`workspaces on ${backEnd.title}`, { needs: ['root', ...backEnd.needs] }, async (running) => {
    const strata = await startBackEnd(running, backEnd);
    const must = (...args: readonly string[]) => strata.must(['--snapshotter', backEnd.snapshotter, ...args]);
    const directory = await running.directory();
    const inside = async (key: string, script: string): Promise<string> => {
      await must('mount', key, directory);
      try {
        return (await mustRun('sh', ['-ec', `cd "$0"; ${script}`, directory])).trim();
      } finally {
        await must('umount', directory);
      }
    };
    const content = (key: string) => inside(key, 'cat state; ls | grep -v lost+found | tr "\\n" " "');
    const kinds = async () => {
      const rows: { name: string; kind: string }[] = JSON.parse(await must('ls', '--json'));
      return rows.map(({ name, kind }) => `${kind} ${name}`);
    };

    await must('prepare', 'work');
    await inside('work', 'echo one > state; echo x > first; chmod 750 .');

    await running.step('a checkpoint keeps what there is, and the snapshot goes on', async () => {
      assert.equal((await must('checkpoint', 'work', '--name', 'one')).trim(), 'one');
      assert.equal(await content('work'), 'one\nfirst state');
      await inside('work', 'echo two > state; rm first; echo y > second');
      assert.equal((await must('checkpoint', 'work', '--name', 'two')).trim(), 'two');
      await inside('work', 'echo three > state');
      assert.deepEqual(await kinds(), ['committed one', 'committed two', 'active work']);
    });

    await running.step('the root directory keeps its mode', async () => {
      assert.equal(await inside('work', 'stat -c %a .'), '750');
      await must('fork', 'one', 'of-one');
      assert.equal(await inside('of-one', 'stat -c %a .'), '750');
      await must('rm', 'of-one');
    });

    await running.step('forks begin as it is, and do not see each other', async () => {
      await must('fork', 'work', 'left', 'right');
      await inside('left', 'echo left > state');
      await inside('right', 'rm second');
      assert.equal(await content('left'), 'left\nsecond state');
      assert.equal(await content('right'), 'three\nstate');
      assert.equal(await content('work'), 'three\nsecond state');
    });

    await running.step('it is rolled back to any of them', async () => {
      await must('rollback', 'work', 'one');
      assert.equal(await content('work'), 'one\nfirst state');
      await must('rollback', 'work', 'two');
      assert.equal(await content('work'), 'two\nsecond state');
      assert.equal(await content('left'), 'left\nsecond state');
    });

    await running.step('what is mounted is refused, with the place', async () => {
      await must('mount', 'work', directory);
      for (const args of [
        ['checkpoint', 'work'],
        ['rollback', 'work', 'one'],
        ['fork', 'work', 'other'],
      ]) {
        const { status, stderr } = await strata.run(['--snapshotter', backEnd.snapshotter, ...args]);
        assert.equal(status, 1);
        assert.match(stderr, /failed precondition: snapshot work is (mounted at|in use by) .*: unmount it first/);
      }
      await must('umount', directory);
      assert.equal(await content('work'), 'two\nsecond state');
    });

    await running.step('all of it is there after the daemon was killed, and in order', async () => {
      await strata.kill();
      await strata.startAgain();
      assert.equal(await content('work'), 'two\nsecond state');
      assert.equal(await content('left'), 'left\nsecond state');
      await must('check');
      const names = (await must('checkpoints', 'work')).trim().split('\n').slice(1);
      assert.deepEqual(
        names.slice(0, 2).map((line) => line.split(/\s+/)[0]),
        ['one', 'two'],
      );
    });
  });
}
