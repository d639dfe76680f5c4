/** Snapshots whose files appear with the ids of a container, from the label to the mount. */
import assert from 'node:assert/strict';
import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mountsBelow } from '../support/mounts.js';
import { mustRun } from '../support/run.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';

/** Two ranges: the container's root and system, and its user 1000. */
const map = ['--uid-map', '0:100000:1000,1000:300000:10', '--gid-map', '0:200000:1000,1000:400000:10'];

const ownerOf = async (file: string): Promise<number[]> => {
  const { uid, gid } = await stat(file);
  return [uid, gid];
};

/** Commits a layer with a file of root and one of user 1000. */
async function layer(strata: Strata, running: Scenario, { name, parent }: { name: string; parent: readonly string[] }) {
  const directory = await running.directory();
  await strata.must(['prepare', `make ${name}`, ...parent]);
  await strata.must(['mount', `make ${name}`, directory]);
  for (const [file, id] of [
    ['of-root', 0],
    ['of-user', 1000],
  ] as const) {
    await writeFile(path.join(directory, `${name}-${file}`), name);
    await chown(path.join(directory, `${name}-${file}`), id, id);
  }
  await strata.must(['umount', directory]);
  await strata.must(['commit', name, `make ${name}`]);
}

/** Runs a shell as a user of the host, without any right. */
function as(uid: number, gid: number, command: string): Promise<string> {
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
  return mustRun('setpriv', [...user, '--', 'sh', '-c', command]);
}

scenario('snapshots with mapped ids', { needs: ['overlay', 'setpriv'] }, async (running) => {
  const strata = await Strata.start(running);
  const layers = [
    { name: 'base', parent: [] },
    { name: 'top', parent: ['base'] },
  ];
  for (const each of layers) await layer(strata, running, each);
  const upper = async (): Promise<string> => {
    const newest = (await strata.onDisk()).map(Number).sort((a, b) => b - a)[0];
    return path.join(strata.snapshots, String(newest), 'fs');
  };

  await running.step('announces that they can be mapped', async () => {
    const plugins = await strata.must(['plugins', '-d', 'id==overlayfs']);
    assert.match(plugins, /remap-ids[\s\S]*only-remap-ids/);
  });

  for (const parent of ['base', 'top']) {
    await running.step(
      `an active one over ${parent} shows the layers shifted, and takes files of the container`,
      async () => {
        const directory = await running.directory();
        await strata.must(['prepare', ...map, 'box', parent]);
        const files = await upper();
        await strata.must(['mount', 'box', directory]);
        assert.deepEqual(await ownerOf(directory), [100_000, 200_000]);
        assert.deepEqual(await ownerOf(path.join(directory, 'base-of-root')), [100_000, 200_000]);
        assert.deepEqual(await ownerOf(path.join(directory, 'base-of-user')), [300_000, 400_000]);
        await as(
          100_000,
          200_000,
          `cd ${directory} && touch new && mkdir home && chmod 600 base-of-root && chmod 777 home`,
        );
        await as(300_000, 400_000, `cd ${directory} && touch home/mine && echo more >> base-of-user`);
        assert.deepEqual(await ownerOf(path.join(files, 'new')), [100_000, 200_000]);
        assert.deepEqual(await ownerOf(path.join(files, 'base-of-root')), [100_000, 200_000]);
        assert.deepEqual(await ownerOf(path.join(files, 'home/mine')), [300_000, 400_000]);
        assert.deepEqual(await ownerOf(path.join(files, 'base-of-user')), [300_000, 400_000]);
        await strata.must(['umount', directory]);
        await strata.must(['rm', 'box']);
        assert.deepEqual(await mountsBelow(directory), []);
      },
    );

    await running.step(`a view of ${parent} shows the layers shifted`, async () => {
      const directory = await running.directory();
      await strata.must(['view', ...map, 'look', parent]);
      await strata.must(['mount', 'look', directory]);
      assert.deepEqual(await ownerOf(path.join(directory, `${parent}-of-root`)), [100_000, 200_000]);
      assert.deepEqual(await ownerOf(path.join(directory, 'base-of-user')), [300_000, 400_000]);
      await assert.rejects(writeFile(path.join(directory, 'more'), ''), { code: 'EROFS' });
      await strata.must(['umount', directory]);
      await strata.must(['rm', 'look']);
    });
  }

  await running.step('one without parents belongs to the container, and keeps the ids of the container', async () => {
    const directory = await running.directory();
    await strata.must(['prepare', ...map, 'fresh']);
    const files = await upper();
    await strata.must(['mount', 'fresh', directory]);
    assert.deepEqual(await ownerOf(directory), [100_000, 200_000]);
    await as(100_000, 200_000, `touch ${directory}/new`);
    assert.deepEqual(await ownerOf(path.join(files, 'new')), [0, 0]);
    await strata.must(['umount', directory]);
    await strata.must(['rm', 'fresh']);
  });

  await running.step('layers stay as they are', async () => {
    const directory = await running.directory();
    await strata.must(['view', 'plain', 'top']);
    await strata.must(['mount', 'plain', directory]);
    assert.deepEqual(await ownerOf(path.join(directory, 'base-of-root')), [0, 0]);
    assert.deepEqual(await ownerOf(path.join(directory, 'top-of-user')), [1000, 1000]);
    await strata.must(['umount', directory]);
    await strata.must(['rm', 'plain']);
  });

  await running.step('a mount that fails leaves nothing', async () => {
    const directory = await running.directory();
    await strata.must(['prepare', ...map, 'box', 'top']);
    const failed = await strata.run(['mount', 'box', path.join(directory, 'missing')]);
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /there is no directory .*missing to mount at/);
    await mkdir(path.join(directory, 'there'));
    await writeFile(path.join(directory, 'a-file'), '');
    assert.equal((await strata.run(['mount', 'box', path.join(directory, 'a-file')])).status, 1);
    assert.deepEqual([...(await mountsBelow(directory)), ...(await mountsBelow(strata.directory))], []);
    await strata.must(['rm', 'box']);
  });

  await running.step('maps that cannot be are refused, and leave nothing', async () => {
    // The files of what the last steps removed go in the background.
    await until('only the layers are left', async () => (await strata.onDisk()).length === layers.length);
    const before = await strata.onDisk();
    for (const [bad, status, text] of [
      ['1:100000:10', 1, /failed to find root pair: container ID 0 cannot be mapped to a host ID/],
      ['0:100000', 2, /--uid-map: want container:host:length, several with commas, got "0:100000"/],
      ['0:4294967295:1', 1, /invalid mapping/],
    ] as const) {
      const refused = await strata.run(['prepare', '--uid-map', bad, 'box', 'base']);
      assert.equal(refused.status, status);
      assert.match(refused.stderr, text);
    }
    assert.deepEqual(await strata.onDisk(), before);
  });
});
