/** A real containerd that keeps its snapshots in our daemon. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Containerd } from '../support/containerd.js';
import { buildImage, imageLayers, imageName, importArguments } from '../support/image.js';
import { lookInside } from '../support/look-inside.js';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';

const needs = ['containers', 'umoci', 'overlay'] as const;
const snapshotter = ['--snapshotter', 'strata'] as const;

/** Questions that a shell in the container answers, a line each, and what it has to say. */
const layering: readonly { readonly fact: string; readonly command: string; readonly answer: string }[] = [
  { fact: 'a file of a lower layer is there', command: 'cat /data/kept', answer: 'kept' },
  { fact: 'a replaced file is the upper one', command: 'cat /data/replaced', answer: 'from above' },
  { fact: 'a deleted file is gone', command: 'ls /data/deleted 2>/dev/null || echo gone', answer: 'gone' },
  { fact: 'a deleted directory is gone', command: 'ls /deleted-directory 2>/dev/null || echo gone', answer: 'gone' },
  {
    fact: 'no marker of a deletion shows',
    command: 'ls -a / /data /opaque | grep -F .wh. || echo none',
    answer: 'none',
  },
  { fact: 'an opaque directory hides what was below', command: 'ls -A /opaque', answer: 'visible' },
  { fact: 'a setuid file stays so', command: 'stat -c %a /data/setuid', answer: '4755' },
  { fact: 'hard links stay linked', command: 'stat -c %h /data/linked', answer: '2' },
  {
    fact: 'hard links are one file',
    command: 'test /data/linked -ef /data/linked-too && echo same',
    answer: 'same',
  },
  { fact: 'a symbolic link stays so', command: 'readlink /data/symlink', answer: '../etc/passwd' },
  { fact: 'a device stays so', command: 'stat -c %F:%t,%T /data/device', answer: 'character special file:1,3' },
];

scenario('containerd with strata as its proxy snapshotter', { needs }, async (running) => {
  const strata = await Strata.start(running, { proxy: true });
  const tables = await strata.must(['config', 'containerd']);
  const containerd = await Containerd.start(running, { tables });
  const archive = await buildImage(await running.directory());
  const start = (id: string, ...command: readonly string[]) =>
    containerd.must(['run', '--detach', ...snapshotter, imageName, id, ...command]);
  const finish = async (id: string) => {
    await containerd.must(['task', 'kill', '--signal', 'SIGKILL', id]);
    await containerd.must(['task', 'rm', '--force', id]);
    await containerd.must(['container', 'rm', id]);
  };
  const shell = (id: string, command: string) =>
    containerd.runOnce(...snapshotter, imageName, id, '/bin/sh', '-c', command);

  await running.step('shows it as a plugin that is ok', async () => {
    const plugins = await containerd.must(['plugins', 'ls']);
    assert.match(plugins, /^io\.containerd\.snapshotter\.v1\s+strata\s+\S+\s+ok\s*$/m);
  });

  await running.step('imports an image and unpacks each layer', async () => {
    await containerd.must(['image', 'import', ...snapshotter, ...importArguments, archive]);
    const layers = (await containerd.must(['snapshots', ...snapshotter, 'ls'])).trim().split('\n').slice(1);
    assert.equal(layers.length, imageLayers);
    for (const layer of layers) assert.match(layer, /^sha256:\S+\s+(sha256:\S+\s+)?Committed/);
    assert.equal((await strata.onDisk()).length, imageLayers);
  });

  await running.step('imports it again without doing anything twice', async () => {
    const before = await strata.onDisk();
    await containerd.must(['image', 'import', ...snapshotter, ...importArguments, archive]);
    assert.deepEqual(await strata.onDisk(), before);
  });

  for (const { fact, command, answer } of layering) {
    await running.step(`in a container, ${fact}`, async () => {
      assert.equal((await shell('layering', command)).trim(), answer);
    });
  }

  await running.step('in a container, extended attributes are there', async () => {
    await start('xattr', 'sleep', '600');
    const rootfs = path.join(
      path.dirname(containerd.address),
      'state/io.containerd.runtime.v2.task',
      containerd.namespace,
      'xattr/rootfs',
    );
    const file = path.join(rootfs, 'data/with-xattr');
    assert.equal(await mustRun('getfattr', ['--only-values', '--name', 'user.strata', file]), 'layered');
    await finish('xattr');
  });

  await running.step('what one container writes, another does not see', async () => {
    await start('writer', 'sh', '-c', 'echo changed > /data/replaced; rm /data/kept; touch /written; sleep 600');
    await until('the container has written', async () => {
      const { status } = await containerd.run(['task', 'exec', '--exec-id', 'look', 'writer', 'cat', '/written']);
      return status === 0;
    });
    assert.equal(
      await shell('reader', 'cat /data/replaced /data/kept; ls /written 2>/dev/null; true'),
      'from above\nkept\n',
    );
    await finish('writer');
  });

  await running.step('goes on when somebody looks into a container', () =>
    lookInside(running, { strata, containerd, snapshotter: 'overlayfs' }),
  );

  await running.step('runs twenty containers at once', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `many-${index}`);
    const said = await Promise.all(
      ids.map((id) => shell(id, `echo ${id} > /data/own; cat /data/own /data/replaced; ls /data/kept`)),
    );
    assert.deepEqual(
      said,
      ids.map((id) => `${id}\nfrom above\n/data/kept\n`),
    );
  });

  for (const { how, end } of [
    { how: 'ended', end: () => strata.stop() },
    { how: 'killed', end: () => strata.kill() },
  ]) {
    await running.step(`goes on when the daemon was ${how} and started again`, async () => {
      const id = `lives-while-${how}`;
      await start(id, 'sleep', '600');
      await end();
      const without = await containerd.run(['snapshots', ...snapshotter, 'info', id]);
      assert.notEqual(without.status, 0);
      await strata.startAgain();
      await until('containerd has found the daemon again', async () => {
        const { status } = await containerd.run(['snapshots', ...snapshotter, 'info', id]);
        return status === 0;
      });
      assert.equal(await containerd.exec(id, 'cat', '/data/replaced'), 'from above\n');
      assert.equal(await shell(`new-after-${how}`, 'cat /data/kept'), 'kept\n');
      await finish(id);
    });
  }

  await running.step('empties our store when everything is removed', async () => {
    await containerd.must(['image', 'rm', '--sync', imageName]);
    await until('nothing is recorded any more', async () => (await strata.must(['ls', '--json'])).trim() === '[]');
    await until('nothing lies on disk any more', async () => (await strata.onDisk()).length === 0);
    assert.deepEqual(await readdir(strata.snapshots), []);
  });
});
