/** Snapshots as subvolumes of btrfs, under a real daemon and a real containerd. */
import assert from 'node:assert/strict';
import { unlink, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { connect } from '../../src/index.js';
import { Containerd } from '../support/containerd.js';
import { type Disk, makeDisk } from '../support/disk.js';
import { buildImage, imageName, importArguments } from '../support/image.js';
import { mustRun } from '../support/run.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

const needs = ['btrfs'] as const;
const MIB = 2 ** 20;

async function startOnBtrfs(running: Scenario, proxy = false): Promise<{ disk: Disk; strata: Strata }> {
  const disk = await makeDisk(running, 'btrfs');
  const config = path.join(await running.directory(), 'config.toml');
  await writeFile(config, 'version = 1\nsnapshotter = "btrfs"\n');
  const strata = await Strata.start(running, { directory: disk.path, proxy, args: ['--config', config] });
  return { disk, strata };
}

/** The numbers of the subvolumes on a disk, by the directory that they are in. */
async function subvolumes(disk: Disk): Promise<string[]> {
  const lines = (await mustRun('btrfs', ['subvolume', 'list', disk.path])).trim().split('\n');
  return lines.flatMap((line) => line.match(/(?:active|view|snapshots)\/\d+$/)?.[0] ?? []).sort();
}

scenario('limits of snapshots in use, on btrfs', { needs }, async (running) => {
  const { disk, strata } = await startOnBtrfs(running);
  const target = path.join(await running.directory(), 'mounted');
  await strata.must(['prepare', 'base']);
  await strata.must(['commit', 'layer', 'base']);

  await running.step('a limit is refused while quota is off, and says how to switch it on', async () => {
    const { status, stderr } = await strata.run(['prepare', '--size', '16M', 'sandbox', 'layer']);
    assert.equal(status, 1);
    assert.match(stderr, /failed precondition: .*cannot keep a size limit: quota is off .*btrfs quota enable/);
  });

  await mustRun('btrfs', ['quota', 'enable', disk.path]);
  await strata.must(['prepare', '--size', '16M', 'sandbox', 'layer']);
  await mustRun('mkdir', [target]);
  await strata.must(['mount', 'sandbox', target]);
  const fill = (name: string, bytes: number) =>
    writeFile(path.join(target, name), Buffer.alloc(bytes, 1), { flush: true });

  await running.step('a write beyond it fails', async () => {
    await assert.rejects(fill('much', 24 * MIB), { errno: -constants.errno.EDQUOT });
    await unlink(path.join(target, 'much'));
  });

  await running.step('strata limit changes and shows it', async () => {
    const shown = await strata.must(['limit', 'sandbox', '--size', '64M']);
    assert.match(shown, /^Size:\s+.*, of 64\.0 MiB$/m);
    assert.match(shown, /^Inodes:\s+\d+, no limit but the default of the back end$/m);
    await fill('much', 24 * MIB);
    const { maxSize, size } = JSON.parse(await strata.must(['limit', 'sandbox', '--json']));
    assert.equal(maxSize, 64 * MIB);
    assert.ok(size >= 24 * MIB);
  });

  await running.step('it is there again after the daemon was killed', async () => {
    await strata.kill();
    await strata.startAgain();
    await assert.rejects(fill('more', 48 * MIB), { errno: -constants.errno.EDQUOT });
    await unlink(path.join(target, 'more'));
  });

  await running.step('--none takes it off', async () => {
    assert.match(await strata.must(['limit', 'sandbox', '--none']), /^Size:\s+.*, not limited$/m);
    await fill('more', 48 * MIB);
  });

  await running.step('what cannot be kept, or is no limit, is refused', async () => {
    const inodes = await strata.run(['limit', 'sandbox', '--inodes', '1M']);
    assert.match(inodes.stderr, /btrfs does not limit the number of inodes/);
    assert.equal((await strata.run(['limit', 'sandbox', '--size', 'lots'])).status, 2);
    assert.equal((await strata.run(['limit', 'sandbox', '--size', '1G', '--none'])).status, 2);
    assert.match((await strata.run(['limit', 'layer', '--size', '1G'])).stderr, /failed precondition: .*committed/);
  });
});

const tools = ['containers', 'umoci'] as const;

scenario('containerd over btrfs', { needs: [...needs, ...tools] }, async (running) => {
  const { strata, disk } = await startOnBtrfs(running, true);
  const containerd = await Containerd.start(running, { proxies: { strata: strata.address } });
  const archive = await buildImage(await running.directory());
  const snapshotter = ['--snapshotter', 'strata'] as const;

  await running.step('imports an image and runs containers, which do not see each other', async () => {
    await containerd.must(['image', 'import', ...snapshotter, ...importArguments, archive]);
    const shell = (id: string, command: string) =>
      containerd.runOnce(...snapshotter, imageName, id, '/bin/sh', '-c', command);
    assert.equal(
      await shell('one', 'cat /data/replaced; ls /data/deleted 2>/dev/null || echo gone; rm /data/kept'),
      'from above\ngone\n',
    );
    assert.equal(await shell('two', 'cat /data/kept; stat -c %a /data/setuid'), 'kept\n4755\n');
  });

  await running.step('leaves nothing when the image is removed', async () => {
    await containerd.must(['image', 'rm', '--sync', imageName]);
    await strata.stop();
    await strata.startAgain();
    await using client = connect({ address: strata.address });
    await client.snapshotter('btrfs').cleanup();
    assert.deepEqual(await subvolumes(disk), []);
  });
});
