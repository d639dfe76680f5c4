/** What changed in a snapshot, on every back end: through the daemon, while it is in use, and across several layers. */
import assert from 'node:assert/strict';
import { type BackEnd, backEnds, startBackEnd } from '../support/back-ends.js';
import { mountsBelow } from '../support/mounts.js';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';

const overlay: BackEnd = { title: 'overlayfs', snapshotter: 'overlayfs', needs: ['overlay'] };

const filesOfBase = `cd "$0"
mkdir -p kept gone/deep opaque type
echo 1 > kept/same; echo 1 > kept/rewritten; echo 1 > kept/mode; echo 1 > gone/deep/file; echo 1 > opaque/old; echo 1 > type/file
ln -s one link`;

const changesOfWork = `cd "$0"
echo 22 > kept/rewritten; chmod 600 kept/mode; cat kept/same > /dev/null
rm -r gone opaque; mkdir opaque; echo new > opaque/new
rm type/file; mkdir type/file; echo 333 > type/file/inside
ln -sfn two link; mkdir -p added/deep; echo x > added/deep/file; mkfifo added/pipe`;

const changed = [
  'added directory /added 0',
  'added directory /added/deep 0',
  'added file /added/deep/file 2',
  'added fifo /added/pipe 0',
  'deleted directory /gone 0',
  'changed file /kept/mode 2',
  'changed file /kept/rewritten 3',
  'changed symlink /link 0',
  'added file /opaque/new 4',
  'deleted file /opaque/old 2',
  'changed directory /type/file 0',
  'added file /type/file/inside 4',
];

for (const backEnd of [overlay, ...backEnds]) {
  scenario(`changes on ${backEnd.title}`, { needs: ['root', ...backEnd.needs] }, async (running) => {
    const strata = await startBackEnd(running, backEnd);
    const must = (...args: readonly string[]) => strata.must(['--snapshotter', backEnd.snapshotter, ...args]);
    const directory = await running.directory();
    /** What is different, without what the file system itself makes. */
    const diff = async (...args: readonly string[]): Promise<string[]> => {
      const lines = (await must('diff', '--json', ...args)).split('\n').filter(Boolean);
      const changes = lines.map((line): Record<string, unknown> => JSON.parse(line));
      return changes
        .map(({ path, kind, type, size }) => `${kind} ${type} ${path} ${size}`)
        .filter((line) => !line.includes(' /lost+found '));
    };
    const inside = async (key: string, script: string) => {
      await must('mount', key, directory);
      await mustRun('sh', ['-ec', script, directory]);
    };

    await must('prepare', 'building');
    await inside('building', filesOfBase);
    await must('umount', directory);
    await must('commit', 'base', 'building');
    await must('prepare', 'work', 'base');

    await running.step('are none in a new snapshot', async () => {
      assert.deepEqual(await diff('work'), []);
    });

    await running.step('are seen while it is mounted and in use', async () => {
      await inside('work', changesOfWork);
      assert.deepEqual(await diff('work'), changed);
      await mustRun('sh', ['-ec', 'echo y > "$0/later"', directory]);
      assert.ok((await diff('work')).includes('added file /later 2'));
      await mustRun('sh', ['-ec', 'rm "$0/later"', directory]);
      await must('umount', directory);
    });

    await running.step('are the same of the layer that it becomes, and across layers', async () => {
      await must('commit', 'layer', 'work');
      assert.deepEqual(await diff('layer'), changed);
      await must('prepare', 'top', 'layer');
      await inside('top', 'echo z > "$0/on top"');
      await must('umount', directory);
      assert.deepEqual(await diff('top'), ['added file /on top 2']);
      assert.deepEqual(await diff('top', 'base'), [
        ...changed.slice(0, 8),
        'added file /on top 2',
        ...changed.slice(8),
      ]);
      assert.ok((await diff('base', '')).includes('added file /kept/same 2'));
      const back = await diff('base', 'top');
      assert.ok(back.includes('deleted file /on top 2') && back.includes('added directory /gone 0'));
    });

    await running.step('leave nothing of the reading', async () => {
      assert.deepEqual(
        (JSON.parse(await must('ls', '--json')) as { name: string }[]).map(({ name }) => name),
        ['base', 'layer', 'top'],
      );
      assert.deepEqual(JSON.parse(await must('leases', 'ls', '--json')), []);
      assert.deepEqual(await mountsBelow(directory), []);
      const unknown = await strata.run(['diff', 'nobody']);
      assert.deepEqual([unknown.status, unknown.stderr], [1, 'strata: not found: snapshot nobody does not exist\n']);
    });
  });
}
