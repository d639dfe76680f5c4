/** `strata check --rebuild` on roots whose records are lost, with a backup and without. */
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connect, type Info, type StrataClient } from '../../src/index.js';
import { strataCommand } from '../support/paths.js';
import { run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

const namespaces = ['default', 'k8s.io'] as const;
const back = 'io.containerd.snapshotter.v1.';
const snapshotters = ['overlayfs', 'native'] as const;
const depth = 4;

/** A chain of layers in every namespace of every snapshotter, each with a file of its own. */
async function populate(address: string, from = 0, to = depth): Promise<void> {
  for (const namespace of namespaces) {
    await using client = connect({ address, namespace });
    for (const name of snapshotters) {
      const snapshotter = client.snapshotter(name);
      for (let layer = from; layer < to; layer++) {
        const parent = layer === 0 ? '' : `layer-${layer - 1}`;
        const mounts = await snapshotter.prepare({ key: 'build', parent });
        const [{ source = '', options = [] } = {}] = mounts;
        const upper = options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length) ?? source;
        await writeFile(path.join(upper, `file-${layer}`), `${namespace} ${layer}`);
        await snapshotter.commit({ key: 'build', name: `layer-${layer}`, labels: new Map([['at', String(layer)]]) });
      }
    }
  }
}

/** Everything that clients see, as text. */
async function seen(address: string): Promise<string[]> {
  const lines: string[] = [];
  for (const namespace of namespaces) {
    await using client: StrataClient = connect({ address, namespace });
    for (const name of snapshotters) {
      const infos: Info[] = [];
      for await (const info of client.snapshotter(name).walk()) infos.push(info);
      for (const { name: key, parent, kind, labels, created } of infos) {
        const { size, inodes } = await client.snapshotter(name).usage(key);
        const facts = { kind, parent, labels: [...labels], created: created.toISOString(), size, inodes };
        lines.push(`${namespace} ${name} ${key} ${JSON.stringify(facts)}`);
      }
    }
  }
  return lines.sort();
}

/** Loses the records of a root. */
async function lose(root: string, backups: boolean): Promise<void> {
  await rm(path.join(root, 'io.strata.store.v1.lmdb'), { recursive: true });
  if (!backups) await rm(path.join(root, 'io.strata.backup.v1.records'), { recursive: true, force: true });
}

scenario('a root that lost its records', { needs: ['root'] }, async (running) => {
  const strata = await Strata.start(running);
  const root = path.join(strata.directory, 'root');
  const rebuild = () => run(strataCommand, ['check', '--root', root, '--rebuild', '--json']);
  await populate(strata.address);
  const before = await seen(strata.address);
  assert.equal(before.length, namespaces.length * snapshotters.length * depth);

  await running.step('does not serve its layers, which would be taken for leftovers', async () => {
    await strata.stop();
    await lose(root, false);
    await strata.startAgain();
    const plugins = JSON.parse(await strata.must(['plugins', '--json']));
    const failed = plugins.filter(({ status }: { readonly status: string }) => status === 'error');
    assert.match(JSON.stringify(failed), /overlayfs.*strata check --rebuild/);
    assert.match(JSON.stringify(failed), /native.*strata check --rebuild/);
    await assert.rejects(seen(strata.address));
    await strata.stop();
    assert.equal((await readdir(strata.snapshots)).length, namespaces.length * depth);
  });

  await running.step('gets them back without a backup, from what its layers say of themselves', async () => {
    const { status, stdout, stderr } = await rebuild();
    assert.equal(status, 0, stdout + stderr);
    assert.match(stderr, /are 16 layers that describe themselves/);
    assert.deepEqual(JSON.parse(stdout).findings, []);
    await strata.startAgain();
    assert.deepEqual(await seen(strata.address), before);
  });

  await running.step('has the content of its layers, and makes snapshots on the old names', async () => {
    await using client = connect({ address: strata.address, namespace: 'k8s.io' });
    const [mount] = await client.snapshotter('native').prepare({ key: 'work', parent: `layer-${depth - 1}` });
    for (let layer = 0; layer < depth; layer++) {
      assert.equal(await readFile(path.join(mount?.source ?? '', `file-${layer}`), 'utf8'), `k8s.io ${layer}`);
    }
    await assert.rejects(client.snapshotter('native').remove('layer-0'), /cannot remove snapshot with child/);
    await client.snapshotter('native').remove('work');
  });

  await running.step('gets back what came after its backup, too, and loses what was under way', async () => {
    const backups = path.join(root, 'io.strata.backup.v1.records');
    await mkdir(backups, { recursive: true });
    await strata.must(['backup', path.join(backups, 'records-2099-01-31T12-00-00Z.mdb')]);
    await populate(strata.address, depth, depth + 1);
    const later = await seen(strata.address);
    await strata.must(['prepare', 'unfinished']);
    await strata.stop();
    await lose(root, true);
    const { status, stdout, stderr } = await rebuild();
    assert.equal(status, 0, stdout + stderr);
    assert.match(stderr, /are those of .*2099.*, and of 4 layers that describe themselves/);
    const { findings } = JSON.parse(stdout);
    assert.deepEqual(
      findings.map(({ kind }: { readonly kind: string }) => kind),
      ['orphan-directory'],
    );
    assert.equal((await readdir(path.join(root, 'lost+found'))).length, 1);
    await strata.startAgain();
    assert.deepEqual(await seen(strata.address), later);
  });

  await running.step('keeps in lost+found what contradicts what it says of itself', async () => {
    await strata.stop();
    await lose(root, false);
    const [first = ''] = await strata.onDisk();
    await writeFile(path.join(strata.snapshots, first, 'fs', 'added'), 'by somebody');
    const list = path.join(root, `${back}native`, 'layers');
    const lines = (await readFile(list, 'utf8')).split('\n');
    const last = lines.findLastIndex((line) => line.includes('layer-4'));
    await writeFile(
      list,
      lines.map((line, index) => (index === last ? line.replace('layer-4', 'layer-9') : line)).join('\n'),
    );
    await cp(list, `${list}.kept`);
    const { stdout } = await rebuild();
    const { findings } = JSON.parse(stdout);
    const kinds = findings.map(({ kind }: { readonly kind: string }) => kind);
    const counts = (kind: string) => kinds.filter((other: string) => other === kind).length;
    assert.deepEqual(
      [counts('unreadable-description'), counts('unplaced-layer'), counts('orphan-directory')],
      [1, depth + 1, depth + 2],
      JSON.stringify(findings, undefined, 1),
    );
    await strata.startAgain();
    const left = await seen(strata.address);
    assert.equal(left.length, namespaces.length * snapshotters.length * (depth + 1) - (depth + 2));
    await populate(strata.address, depth + 1, depth + 1);
    await strata.must(['check']);
  });
});
