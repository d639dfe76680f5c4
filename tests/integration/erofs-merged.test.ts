/** Chains of erofs layers that are merged into one mount: the same files as from one mount each, whatever happens. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ErofsOptions, openErofsDriver } from '../../src/drivers/index.js';
import { setAttribute, temporaryMount } from '../../src/linux/index.js';
import {
  type Driver,
  type DriverSnapshot,
  GuardedSnapshotter,
  LocalSnapshotter,
  snapshotTables,
} from '../../src/snapshots/index.js';
import { testSnapshotter } from '../../src/testing/index.js';
import { Containerd } from '../support/containerd.js';
import { newRoot } from '../support/erofs-root.js';
import { buildImage, imageName, importArguments } from '../support/image.js';
import { mountsBelow } from '../support/mounts.js';
import { reasonToSkip } from '../support/needs.js';
import { mustRun } from '../support/run.js';
import { type Scenario, scenario } from '../support/scenario.js';
import { temporaryStore } from '../support/store.js';
import { Strata } from '../support/strata.js';
import { treeOf } from '../support/tree-of.js';
import { until } from '../support/until.js';

const needs = ['root', 'mkfs.erofs'] as const;

testSnapshotter('erofs that merges layers', {
  async open(t) {
    const { store, ...temporary } = await temporaryStore(snapshotTables);
    t.after(() => temporary[Symbol.asyncDispose]());
    const driver = await openErofsDriver({ root: newRoot(t), maxUnmergedLayers: 1 });
    return { snapshotter: new GuardedSnapshotter(await LocalSnapshotter.open({ name: 'erofs', store, driver })) };
  },
  mount: (mounts) => temporaryMount(mounts),
  skip: reasonToSkip(needs) ?? false,
});

const snapshot = (
  id: string,
  parentIds: readonly string[],
  kind: DriverSnapshot['kind'] = 'active',
): DriverSnapshot => {
  return { id, kind, parentIds, labels: new Map() };
};

/** Opens a driver that goes with the scenario, and what it reports. */
async function open(running: Scenario, root: string, options: Partial<ErofsOptions> = {}) {
  const reports: string[] = [];
  const onBackgroundError = (error: unknown) => void reports.push(String(error));
  const driver = await openErofsDriver({ root, maxUnmergedLayers: 1, onBackgroundError, ...options });
  running.defer(() => driver.close());
  return { driver, reports };
}

/** Makes a layer over others of what is written at its mounts; gives the chain with it in front. */
async function addLayer(driver: Driver, chain: readonly string[], write: (top: string) => void): Promise<string[]> {
  const active = snapshot(String(chain.length + 1), chain);
  await driver.create(active, {});
  {
    await using mounted = await temporaryMount(driver.mounts(active));
    write(mounted.path);
  }
  await driver.seal(active, {});
  await driver.committed?.([active.id], {});
  return [active.id, ...chain];
}

/** What is done to a tree, layer by layer, so that every kind of thing is made, changed, hidden and replaced. */
const changes: readonly ((top: string) => void)[] = [
  (top) => {
    for (const name of ['kept', 'gone', 'remade', 'becomes-file', 'deep/er/still']) {
      mkdirSync(path.join(top, name), { recursive: true });
      writeFileSync(path.join(top, name, 'file'), `${name} from below`);
    }
    writeFileSync(path.join(top, 'large'), Buffer.alloc(300_001, 'large'));
    writeFileSync(path.join(top, 'empty'), '');
    writeFileSync(path.join(top, 'setuid'), 'setuid', { mode: 0o755 });
    chmodSync(path.join(top, 'setuid'), 0o4711);
    writeFileSync(path.join(top, 'named'), 'with an attribute');
    setAttribute(path.join(top, 'named'), 'user.strata', Buffer.from('value'));
    writeFileSync(path.join(top, 'one'), 'linked');
    linkSync(path.join(top, 'one'), path.join(top, 'two'));
    symlinkSync('kept/file', path.join(top, 'link'));
    symlinkSync('nowhere', path.join(top, 'replaced-link'));
  },
  (top) => {
    rmSync(path.join(top, 'gone'), { recursive: true });
    rmSync(path.join(top, 'remade'), { recursive: true });
    mkdirSync(path.join(top, 'remade'));
    writeFileSync(path.join(top, 'remade', 'new'), 'nothing of below');
    rmSync(path.join(top, 'becomes-file'), { recursive: true });
    writeFileSync(path.join(top, 'becomes-file'), 'a file by now');
    writeFileSync(path.join(top, 'large'), 'small by now');
    rmSync(path.join(top, 'replaced-link'));
    mkdirSync(path.join(top, 'replaced-link'));
  },
  (top) => {
    renameSync(path.join(top, 'kept', 'file'), path.join(top, 'deep', 'moved'));
    chownSync(path.join(top, 'deep', 'er'), 1000, 1001);
    chmodSync(path.join(top, 'deep', 'er'), 0o1777);
    utimesSync(path.join(top, 'empty'), 1, 1_234_567_890.123456);
    rmSync(path.join(top, 'deep', 'er', 'still', 'file'));
  },
  (top) => {
    mkdirSync(path.join(top, 'gone'));
    writeFileSync(path.join(top, 'gone', 'again'), 'back');
    writeFileSync(path.join(top, 'deep', 'er', 'still', 'file'), 'anew');
    chmodSync(top, 0o750);
    chownSync(top, 12, 34);
  },
];

const mergedOf = (root: string, id: string) => path.join(root, 'snapshots', id, 'fsmeta.erofs');

/** Has the chain merged, and waits for it. */
async function merge(driver: Driver, root: string, chain: readonly string[]): Promise<void> {
  await driver.create(snapshot('900', chain, 'view'), {});
  await until('the layers are merged', async () => existsSync(mergedOf(root, chain[0] ?? '')));
  await driver.discard(['900'], {});
}

/** How many directories a new snapshot over the chain stands on, and what is to see there. */
async function look(driver: Driver, chain: readonly string[], id = '901'): Promise<{ mounts: number; tree: string[] }> {
  const view = snapshot(id, chain, 'view');
  await driver.create(view, {});
  try {
    const [mount] = driver.mounts(view);
    const lowers = mount?.options.find((option) => option.startsWith('lowerdir='))?.split(':').length ?? 1;
    await using mounted = await temporaryMount(driver.mounts(view));
    return { mounts: lowers, tree: treeOf(mounted.path) };
  } finally {
    await driver.discard([id], {});
  }
}

scenario('a merged chain of erofs layers', { needs }, async (running) => {
  const root = path.join(await running.directory(), 'root');
  let chain: string[] = [];
  let apart: string[] = [];
  // Fewer mounts than this many are never merged, and yet the layers can be.
  const patient = await open(running, root, { maxUnmergedLayers: 100 });
  for (const change of changes) chain = await addLayer(patient.driver, chain, change);
  ({ tree: apart } = await look(patient.driver, chain));
  await patient.driver.close();

  await running.step('shows what a mount for each layer shows', async () => {
    const { driver, reports } = await open(running, root);
    await merge(driver, root, chain);
    const { mounts, tree } = await look(driver, chain);
    assert.equal(mounts, 1);
    assert.deepEqual(tree, apart);
    assert.deepEqual(reports, []);
    assert.deepEqual(await mountsBelow(root), []);
    await driver.close();
  });

  await running.step('keeps hard links', async () => {
    const { driver } = await open(running, root);
    const view = snapshot('902', chain, 'view');
    await driver.create(view, {});
    {
      await using mounted = await temporaryMount(driver.mounts(view));
      const [one, two] = ['one', 'two'].map((name) => lstatSync(path.join(mounted.path, name)));
      assert.equal(one?.nlink, 2);
      assert.equal(one?.ino, two?.ino);
    }
    await driver.discard(['902'], {});
    await driver.close();
  });

  await running.step('can be written to, and committed over', async () => {
    const { driver } = await open(running, root);
    const more = await addLayer(driver, chain, (top) => {
      rmSync(path.join(top, 'kept'), { recursive: true });
      writeFileSync(path.join(top, 'large'), 'once more');
    });
    const { mounts, tree } = await look(driver, more);
    assert.equal(mounts, 2);
    assert.ok(!tree.some((line) => line.startsWith('kept')));
    await driver.discard([more[0] ?? ''], {});
    await driver.close();
  });

  const merged = mergedOf(root, chain[0] ?? '');
  const damages: readonly (readonly [string, () => void])[] = [
    ['that was cut off', () => truncateSync(merged, 2048)],
    ['that is no image', () => writeFileSync(merged, Buffer.alloc(8192))],
    ['of one of the layers', () => copyFileSync(path.join(root, 'snapshots', chain[0] ?? '', 'layer.erofs'), merged)],
  ];
  for (const [what, damage] of damages) {
    await running.step(`is not taken from an image ${what}; a check says so, and it is made anew`, async () => {
      damage();
      const { driver, reports } = await open(running, root);
      const { id, parentIds } = snapshot(chain[0] ?? '', chain.slice(1));
      const committed = { id, parentIds, kind: 'committed', usage: { size: 0, inodes: 0 } } as const;
      const report = await driver.checker?.inspect(committed, 'quick', {});
      const found = report?.problems.map(({ kind, path: where }) => [kind, where]);
      assert.deepEqual(found, [['leftover', merged]]);
      const { mounts, tree } = await look(driver, chain);
      assert.equal(mounts, chain.length);
      assert.deepEqual(tree, apart);
      assert.match(reports.join(), /fsmeta.erofs is not used/);
      await merge(driver, root, chain);
      assert.equal((await look(driver, chain)).mounts, 1);
      await driver.close();
    });
  }

  await running.step('is mounted layer by layer where one of them is another one by now', async () => {
    const image = path.join(root, 'snapshots', chain[1] ?? '', 'layer.erofs');
    copyFileSync(image, `${image}.kept`);
    writeFileSync(image, Buffer.alloc(4096), { flag: 'a' });
    const { driver, reports } = await open(running, root);
    assert.equal((await look(driver, chain)).mounts, chain.length);
    assert.match(reports.join(), /is not the layer that it was made of/);
    await driver.close();
    renameSync(`${image}.kept`, image);
  });

  await running.step('leaves nothing of a merge that was killed', async () => {
    const earlier = await open(running, root);
    await merge(earlier.driver, root, chain);
    await earlier.driver.close();
    writeFileSync(`${merged}.part`, 'half');
    const { driver } = await open(running, root);
    await driver.restore?.([snapshot(chain[0] ?? '', chain.slice(1), 'committed')]);
    assert.ok(!existsSync(`${merged}.part`));
    assert.ok(existsSync(merged));
    await driver.close();
  });

  await running.step('is not kept for a layer whose commit is not recorded any more', async () => {
    const [nearest = '', ...below] = chain;
    copyFileSync(merged, `${merged}.kept`);
    const image = path.join(root, 'snapshots', nearest, 'layer.erofs');
    copyFileSync(image, `${image}.kept`);
    const { driver } = await open(running, root);
    await driver.restore?.([snapshot(nearest, below)]);
    assert.deepEqual([existsSync(merged), existsSync(image)], [false, false]);
    await driver.close();
    renameSync(`${merged}.kept`, merged);
    renameSync(`${image}.kept`, image);
  });

  await running.step('stays as a client was told when the driver is opened again', async () => {
    rmSync(merged);
    const { driver } = await open(running, root);
    const told = snapshot('903', chain, 'view');
    await driver.create(told, {});
    const before = driver.mounts(told);
    await until('the layers are merged', async () => existsSync(merged));
    await driver.close();
    const next = await open(running, root);
    await next.driver.restore?.([told, ...chain.map((id, at) => snapshot(id, chain.slice(at + 1), 'committed'))]);
    assert.deepEqual(next.driver.mounts(told), before);
    assert.equal((await look(next.driver, chain)).mounts, 1);
    await next.driver.discard(['903'], {});
    assert.deepEqual(await mountsBelow(root), []);
    await next.driver.close();
  });
});

scenario('sixty erofs layers', { needs }, async (running) => {
  const root = path.join(await running.directory(), 'root');
  const { driver, reports } = await open(running, root, { maxUnmergedLayers: 8 });
  let chain: string[] = [];
  for (let number = 1; number <= 60; number++) {
    chain = await addLayer(driver, chain, (top) => writeFileSync(path.join(top, `file-${number}`), String(number)));
  }
  await driver.close();
  const { driver: eager } = await open(running, root);
  await merge(eager, root, chain);
  const { mounts, tree } = await look(eager, chain);
  assert.equal(mounts, 1);
  assert.equal(tree.filter((line) => line.startsWith('file-')).length, 60);
  assert.deepEqual(reports, []);
});

scenario('a kernel that mounts no merged erofs layers', { needs }, async (running) => {
  const root = path.join(await running.directory(), 'root');
  const triesMerging = () => Promise.reject(new Error('it takes no devices'));
  const { driver, reports } = await open(running, root, { facts: { triesMerging } });
  let chain: string[] = [];
  for (const change of changes) chain = await addLayer(driver, chain, change);
  assert.equal((await look(driver, chain)).mounts, chain.length);
  assert.deepEqual(reports, ['Error: it takes no devices']);
  assert.ok(!existsSync(mergedOf(root, chain[0] ?? '')));
});

const containerNeeds = [...needs, 'containerd', 'runc', 'umoci', 'busybox'] as const;

scenario('containers of a real containerd from merged erofs layers', { needs: containerNeeds }, async (running) => {
  const config = path.join(await running.directory(), 'config.toml');
  await writeFile(config, '[plugins."io.containerd.snapshotter.v1.erofs"]\nmax_unmerged_layers = 1\n');
  const strata = await Strata.start(running, { proxy: true, snapshotter: 'erofs', args: ['--config', config] });
  const containerd = await Containerd.start(running, { proxies: { erofs: strata.address } });
  const archive = await buildImage(await running.directory());
  await containerd.must(['image', 'import', '--snapshotter', 'erofs', ...importArguments, archive]);
  const run = (id: string, command: string) =>
    containerd.must(['run', '--rm', '--snapshotter', 'erofs', imageName, id, '/bin/sh', '-c', command]);
  const looks = 'cat /data/kept /data/replaced; ls -A /opaque; ls /data/deleted 2>/dev/null; stat -c %h /data/linked';
  const found = 'kept\nfrom above\nvisible\n2\n';

  assert.equal(await run('first', looks), found);
  await until('the layers are merged', async () => {
    const names = await mustRun('find', [strata.snapshots, '-name', 'fsmeta.erofs']);
    return names.trim() !== '';
  });
  await containerd.must(['run', '--detach', '--snapshotter', 'erofs', imageName, 'lives', 'sleep', '600']);
  assert.match((await mountsBelow(strata.directory)).join(), /\/merged/);
  assert.equal(await run('second', looks), found);
  await strata.kill();
  await strata.startAgain();
  await until('containerd has found the daemon again', async () => {
    return (await containerd.run(['snapshots', '--snapshotter', 'erofs', 'info', 'lives'])).status === 0;
  });
  assert.equal(await run('third', looks), found);
  await containerd.must(['task', 'kill', '--signal', 'SIGKILL', 'lives']);
  await containerd.must(['task', 'rm', '--force', 'lives']);
  await containerd.must(['container', 'rm', 'lives']);
  assert.equal((await strata.run(['check'])).status, 0);
  await containerd.must(['image', 'rm', '--sync', imageName]);
  await until('nothing lies on disk any more', async () => (await strata.onDisk()).length === 0);
  assert.deepEqual(await mountsBelow(strata.directory), []);
});
