/** The erofs back end: containers of a real containerd over it, and what is left when it is killed. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Containerd } from '../support/containerd.js';
import { buildImage, imageLayers, imageName, importArguments } from '../support/image.js';
import { mountsBelow, untilNothingIsAttachedBelow } from '../support/mounts.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';

const pluginDirectory = 'io.containerd.snapshotter.v1.erofs';

const snapshotsOf = (strata: Strata): string => path.join(strata.directory, 'root', pluginDirectory, 'snapshots');

/** The names below the directories of all snapshots. */
async function filesOf(strata: Strata): Promise<string[]> {
  const ids = await readdir(snapshotsOf(strata));
  const names = await Promise.all(ids.map((id) => readdir(path.join(snapshotsOf(strata), id))));
  return names.flat().sort();
}

const needs = ['containers', 'umoci', 'erofs', 'overlay'] as const;

scenario('containerd with strata and erofs as its proxy snapshotter', { needs }, async (running) => {
  const strata = await Strata.start(running, { proxy: true });
  const containerd = await Containerd.start(running, { proxies: { erofs: strata.address } });
  const archive = await buildImage(await running.directory());
  const shell = (id: string, command: string) =>
    containerd.runOnce('--snapshotter', 'erofs', imageName, id, '/bin/sh', '-c', command);

  await running.step('unpacks an image into one erofs image for each layer', async () => {
    await containerd.must(['image', 'import', '--snapshotter', 'erofs', ...importArguments, archive]);
    await until('what the layers needed before is deleted', async () => {
      return String(await filesOf(strata)) === String(Array.from({ length: imageLayers }, () => 'layer.erofs'));
    });
    assert.deepEqual(await mountsBelow(strata.directory), []);
  });

  await running.step('runs containers that see all layers and write their own files', async () => {
    const looks = [
      'cat /data/kept /data/replaced',
      'ls /data/deleted /deleted-directory 2>/dev/null',
      'ls -A /opaque',
      'stat -c %a:%h /data/setuid /data/linked',
      'echo own > /data/replaced; cat /data/replaced; stat -c %F:%t,%T /data/device',
    ];
    const said = await shell('looks', looks.join('; '));
    assert.deepEqual(said.trim().split('\n'), [
      ...['kept', 'from above', 'visible', '4755:1', '644:2', 'own'],
      'character special file:1,3',
    ]);
    assert.equal((await shell('others', 'cat /data/replaced')).trim(), 'from above');
  });

  await running.step('serves containers again when it was killed', async () => {
    await containerd.must(['run', '--detach', '--snapshotter', 'erofs', imageName, 'lives', 'sleep', '600']);
    await strata.kill();
    await strata.startAgain();
    await until('containerd has found the daemon again', async () => {
      return (await containerd.run(['snapshots', '--snapshotter', 'erofs', 'info', 'lives'])).status === 0;
    });
    const said = await containerd.exec('lives', 'cat', '/data/replaced');
    assert.equal(said.trim(), 'from above');
    assert.equal((await shell('new', 'cat /data/kept')).trim(), 'kept');
    await containerd.must(['task', 'kill', '--signal', 'SIGKILL', 'lives']);
    await containerd.must(['task', 'rm', '--force', 'lives']);
    await containerd.must(['container', 'rm', 'lives']);
  });

  await running.step('leaves no file and no mount when everything is removed', async () => {
    await containerd.must(['image', 'rm', '--sync', imageName]);
    await until('nothing lies on disk any more', async () => (await readdir(snapshotsOf(strata))).length === 0);
    assert.deepEqual(await mountsBelow(strata.directory), []);
  });
});

/** Milliseconds after the packing of a layer has begun at which the daemon is killed. */
const moments = [0, 5, 20, 50, 100, 200];

/** Waits until the image of a layer is there, or a part of it; also when the commit has come to an end without. */
async function packingBegins(snapshot: string, committing: Promise<unknown>): Promise<void> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  committing.then(end, end);
  while (!ended && !(await readdir(snapshot)).some((name) => name.startsWith('layer.erofs'))) await delay(1);
}

for (const defaultSize of ['0B', '256MiB']) {
  scenario(
    `erofs with default_size ${defaultSize}, killed while it packs a layer`,
    {
      needs: ['erofs', 'overlay', 'ext4'],
    },
    async (running) => {
      const config = path.join(await running.directory(), 'config.toml');
      await writeFile(config, `[plugins."${pluginDirectory}"]\ndefault_size = "${defaultSize}"\n`);
      const strata = await Strata.start(running, { args: ['--config', config] });
      const target = path.join(await running.directory(), 'target');
      await mkdir(target);
      const erofs = { env: { STRATA_SNAPSHOTTER: 'erofs' } };

      for (const [round, moment] of moments.entries()) {
        await running.step(`after ${moment} ms, has the layer or the snapshot, and nothing else`, async () => {
          const [key, name] = [`active-${round}`, `layer-${round}`];
          await strata.must(['prepare', key], erofs);
          const id = (await readdir(snapshotsOf(strata))).sort((one, other) => Number(other) - Number(one))[0] ?? '';
          const content = Buffer.alloc(48 * 2 ** 20, round + 1);
          const upper = defaultSize === '0B' ? 'fs' : 'rw/upper';
          await writeFile(path.join(snapshotsOf(strata), id, upper, 'large'), content);
          const committing = strata.run(['commit', name, key], erofs);
          await packingBegins(path.join(snapshotsOf(strata), id), committing);
          await delay(moment);
          await strata.kill();
          await committing;
          await strata.startAgain();
          assert.ok(!(await readdir(path.join(snapshotsOf(strata), id))).includes('layer.erofs.part'));
          const isCommitted = (await strata.must(['ls', '--json'], erofs)).includes(`"${name}"`);
          if (!isCommitted) await strata.must(['commit', name, key], erofs);
          await until('only the image is left', async () => {
            return String(await readdir(path.join(snapshotsOf(strata), id))) === 'layer.erofs';
          });
          assert.deepEqual(await mountsBelow(strata.directory), []);
          await strata.must(['view', 'look', name], erofs);
          await strata.must(['mount', 'look', target], erofs);
          assert.deepEqual(await readFile(path.join(target, 'large')), content);
          await strata.must(['umount', target]);
          await strata.must(['rm', 'look'], erofs);
          await strata.must(['rm', name], erofs);
          await until('the layer is deleted', async () => (await readdir(snapshotsOf(strata))).length === 0);
          assert.deepEqual(await mountsBelow(strata.directory), []);
          await untilNothingIsAttachedBelow(strata.directory);
        });
      }
    },
  );
}
