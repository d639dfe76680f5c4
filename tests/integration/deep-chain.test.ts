/** As many layers as overlay takes, and more: made by the daemon, mounted by the command. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Scenario, scenario } from '../support/scenario.js';
import { methods, mustCall, requests } from '../support/snapshots-api.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';
import { Wire } from '../support/wire.js';

/** What overlay takes below an upper directory (fs/overlayfs/overlayfs.h, OVL_MAX_STACK). */
const most = 500;

const nameOf = (n: number): string => (n === 0 ? '' : `layer-${n}`);

/** Commits layers on top of each other, from one number to another. Each has a file of its own, and `last`. */
async function commitLayers({ strata, wire }: Bench, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) {
    const key = `make-${n}`;
    await mustCall(wire, methods.prepare, requests.create({ key, parent: nameOf(n - 1) }));
    // Ids are given out in order, so the newest directory is the one just made.
    const [id = ''] = (await strata.onDisk()).sort((one, other) => Number(other) - Number(one));
    const files = path.join(strata.snapshots, id, 'fs');
    await writeFile(path.join(files, `file-${n}`), '');
    await writeFile(path.join(files, 'last'), String(n));
    await mustCall(wire, methods.commit, requests.commit({ key, name: nameOf(n) }));
  }
}

interface Bench {
  readonly strata: Strata;
  readonly wire: Wire;
}

async function bench(running: Scenario, flattenDepth: number): Promise<Bench> {
  const config = path.join(await running.directory(), 'config.toml');
  await writeFile(config, `[plugins."io.containerd.snapshotter.v1.overlayfs"]\nflatten_depth = ${flattenDepth}\n`);
  const strata = await Strata.start(running, { args: ['--config', config] });
  const wire = new Wire(strata.address);
  running.defer(() => wire.close());
  return { strata, wire };
}

scenario('a chain of as many layers as overlay takes', { needs: ['overlay'] }, async (running) => {
  const { strata, wire } = await bench(running, 0);
  const target = path.join(await running.directory(), 'target');
  await mkdir(target);
  await commitLayers({ strata, wire }, 1, most);

  await running.step('is mounted by the command, with the files of all layers', async () => {
    await strata.must(['prepare', 'deep', nameOf(most)]);
    await strata.must(['mount', 'deep', target]);
    assert.equal((await readdir(target)).length, most + 1);
    assert.equal(await readFile(path.join(target, 'last'), 'utf8'), String(most));
    await writeFile(path.join(target, 'last'), 'changed');
    await strata.must(['umount', target]);
  });

  await running.step('with one layer more, is refused in plain words', async () => {
    await commitLayers({ strata, wire }, most + 1, most + 1);
    await strata.must(['prepare', 'too-deep', nameOf(most + 1)]);
    const { status, stderr } = await strata.run(['mount', 'too-deep', target]);
    assert.equal(status, 1);
    assert.match(stderr, /overlay takes at most 500 layers below, and these are 501/);
  });
});

scenario('a chain of more layers than overlay takes, made flat', { needs: ['overlay'] }, async (running) => {
  const layers = 600;
  const { strata, wire } = await bench(running, 40);
  const target = path.join(await running.directory(), 'target');
  const flat = path.join(strata.snapshots, '..', 'flat');
  await mkdir(target);
  await commitLayers({ strata, wire }, 1, 30);
  await strata.must(['prepare', 'early', nameOf(30)]);
  const early = await strata.must(['mounts', '--json', 'early', target]);
  await commitLayers({ strata, wire }, 31, layers);

  await running.step('is mounted with the files of all layers', async () => {
    await strata.must(['prepare', 'deep', nameOf(layers)]);
    await until('enough of it is flat', async () => {
      await strata.must(['prepare', 'probe', nameOf(layers)]);
      const mounts = await strata.must(['mounts', '--json', 'probe', target]);
      await strata.must(['rm', 'probe']);
      return (mounts.match(/\/fs/g) ?? []).length <= 41 && mounts.includes('/flat/');
    });
    await strata.must(['prepare', 'later', nameOf(layers)]);
    for (const key of ['deep', 'later']) {
      await strata.must(['mount', key, target]);
      assert.equal((await readdir(target)).length, layers + 1);
      assert.equal(await readFile(path.join(target, 'last'), 'utf8'), String(layers));
      await strata.must(['umount', target]);
    }
  });

  await running.step('shows files with the links that they have in their layers', async () => {
    await strata.must(['mount', 'later', target]);
    const shown = [path.join(target, 'file-1'), path.join(target, 'last')];
    for (const file of shown) assert.equal((await stat(file)).nlink, 1);
    const { ino } = await stat(path.join(target, 'last'));
    await appendFile(path.join(target, 'last'), ' and more');
    assert.equal((await stat(path.join(target, 'last'))).ino, ino);
    await strata.must(['umount', target]);
  });

  await running.step('leaves snapshots that were there as they were', async () => {
    assert.equal(await strata.must(['mounts', '--json', 'early', target]), early);
  });

  await running.step('is flat after a kill as well, and nothing half made is left', async () => {
    await strata.kill();
    await mkdir(path.join(flat, 'new-12345'));
    await strata.startAgain();
    await until('what was half made is deleted', async () => {
      return (await readdir(flat)).every((name) => !name.startsWith('new-'));
    });
    await strata.must(['mount', 'later', target]);
    assert.equal((await readdir(target)).length, layers + 1);
    await strata.must(['umount', target]);
  });
});
