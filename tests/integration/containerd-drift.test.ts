/** A containerd in front whose records and ours no longer agree: what a check finds, and what a repair does. */
import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { Containerd } from '../support/containerd.js';
import { buildImage, imageLayers, imageName, importArguments } from '../support/image.js';
import { strataCommand } from '../support/paths.js';
import { run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';
import { until } from '../support/until.js';

const needs = ['containers', 'umoci', 'overlay'] as const;
const snapshotter = ['--snapshotter', 'strata'] as const;

interface Told {
  readonly kind: string;
  readonly key?: string;
  readonly id?: string;
  readonly message: string;
}

interface Step {
  readonly remedy: string;
  readonly key: string;
  readonly state: string;
  readonly message: string;
  readonly reason?: string;
  readonly forget?: readonly { readonly namespace: string; readonly key: string }[];
}

interface Checked {
  readonly status: number;
  readonly findings: readonly Told[];
  readonly notes: readonly Told[];
  readonly actions: readonly Step[];
  readonly left: readonly Told[];
  readonly summary: { readonly findings: number; readonly containerd?: string };
}

scenario('a containerd that has lost layers', { needs }, async (running) => {
  const strata = await Strata.start(running, { proxy: true });
  const containerd = await Containerd.start(running, { proxies: { strata: strata.address } });
  const archive = await buildImage(await running.directory());
  const inFront = ['--containerd', containerd.address] as const;
  const check = async (...args: readonly string[]): Promise<Checked> => {
    const { status, stdout, stderr } = await strata.run(['check', '--json', ...args]);
    assert.notEqual(stdout, '', stderr);
    return { status, ...JSON.parse(stdout) };
  };
  const shell = (id: string, command: string) =>
    containerd.runOnce(...snapshotter, imageName, id, '/bin/sh', '-c', command);
  const importImage = () => containerd.run(['image', 'import', ...snapshotter, ...importArguments, archive]);
  const mustImport = async () => {
    const { status, stderr } = await importImage();
    assert.equal(status, 0, stderr);
    await until('each layer is there once', async () => (await layers()).length === imageLayers);
  };
  /** Has containerd collect garbage, and waits for it, so that it has no reason to do so soon. */
  const collect = async () => {
    await containerd.must(['leases', 'create', '--id', 'collect']);
    await containerd.must(['leases', 'delete', '--sync', 'collect']);
  };
  /** The layers of the image, the lowest first: their ids, and what containerd calls them. */
  const layers = async (): Promise<readonly { readonly id: string; readonly key: string; readonly name: string }[]> => {
    using database = openRecords(strata);
    const rows = database.all("SELECT id, key FROM snapshots WHERE kind = 'committed' ORDER BY id");
    return rows.map(({ id, key }) => ({ id: String(id), key, name: key.split('/').slice(2).join('/') }));
  };
  /** What is left of a layer: nothing that can be repaired. */
  const damage = (id: string) => rm(path.join(strata.snapshots, id, 'fs'), { recursive: true });
  /** Takes a layer and what is based on it out of our records, as if they had been restored from before. */
  const lose = async (...args: readonly string[]) => {
    const dropped = await run(strataCommand, ['check', '--root', path.join(strata.directory, 'root'), ...args]);
    assert.equal(dropped.status, 0, dropped.stdout + dropped.stderr);
    return dropped.stdout;
  };

  await running.step('compares both sides, and finds nothing wrong', async () => {
    await mustImport();
    const { status, findings, notes, summary } = await check(...inFront);
    assert.deepEqual([status, findings, notes, summary.containerd], [0, [], [], 'compared']);
  });

  await running.step('a layer beyond repair is dropped here and in containerd, and can be imported again', async () => {
    const [, broken, ...above] = await layers();
    assert.ok(broken !== undefined);
    await damage(broken.id);
    const { status, actions } = await check('--repair', '--drop-descendants', ...inFront);
    assert.equal(status, 0, JSON.stringify(actions));
    // containerd may collect the lower ones by itself as soon as nothing is based on them.
    const done = actions.filter(({ state }) => state === 'planned').map(({ remedy, key }) => [remedy, key]);
    const gone = [broken, ...above].map(({ key }) => ['forget', key]).reverse();
    assert.deepEqual(done, [['drop-snapshot', broken.key], ...gone]);
    await mustImport();
    assert.equal(await shell('again', 'cat /data/replaced'), 'from above\n');
  });

  await running.step('so is one that containerd refuses to remove for a child that it has collected', async () => {
    const top = (await layers()).at(-1);
    assert.ok(top !== undefined);
    // Unlike a prepared one, a view that ctr makes is garbage from the start.
    await containerd.must(['snapshots', ...snapshotter, 'view', 'garbage', top.name]);
    await collect();
    const gone = await containerd.run(['snapshots', ...snapshotter, 'info', 'garbage']);
    assert.match(gone.stderr, /does not exist/);
    await damage(top.id);
    const { status, actions } = await check('--repair', ...inFront);
    assert.equal(status, 0, JSON.stringify(actions));
    await mustImport();
    assert.equal(await shell('collected', 'cat /data/replaced'), 'from above\n');
  });

  await running.step('what a container uses goes only when that is asked for, and is named', async () => {
    await containerd.must(['run', '--detach', ...snapshotter, imageName, 'user', 'sleep', '600']);
    const [broken] = await layers();
    assert.ok(broken !== undefined);
    await damage(broken.id);
    const kept = await check('--repair', ...inFront);
    assert.equal(kept.status, 1);
    const [skipped] = kept.actions;
    assert.equal(skipped?.state, 'skipped');
    assert.match(
      skipped?.message ?? '',
      /^drops it, here and in containerd, and with it 5 snapshots based on it: .*; the container "user" uses it$/,
    );
    const { status, actions } = await check('--repair', '--drop-descendants', ...inFront);
    assert.equal(status, 0, JSON.stringify(actions));
    await containerd.must(['task', 'kill', '--signal', 'SIGKILL', 'user']);
    await containerd.must(['task', 'rm', '--force', 'user']);
    await containerd.must(['container', 'rm', 'user']);
    await mustImport();
    assert.equal(await shell('after', 'cat /data/kept'), 'kept\n');
  });

  await running.step('where containerd cannot be told, the commands for it are printed, and they work', async () => {
    const [lowest, broken] = await layers();
    assert.ok(lowest !== undefined && broken !== undefined);
    await strata.stop();
    await damage(broken.id);
    const printed = await lose('--repair', '--drop-descendants');
    await strata.startAgain();
    const commands = [...printed.matchAll(/^ {2}ctr -n (\S+) (.*)$/gm)].map(([, ...words]) => words);
    assert.ok(commands.length >= imageLayers - 1);
    await until('containerd has found the daemon again', async () => {
      const { status } = await containerd.run(['snapshots', ...snapshotter, 'info', lowest.name]);
      return status === 0;
    });
    const { status, stderr } = await importImage();
    assert.notEqual(status, 0, 'the records that containerd still has are in the way');
    assert.match(stderr, /missing parent|not found/);
    for (const [namespace, words = ''] of commands) {
      assert.equal(namespace, containerd.namespace);
      const removed = await containerd.run(words.split(' '));
      if (removed.status !== 0) assert.match(removed.stderr, /does not exist/);
    }
    await mustImport();
    assert.equal(await shell('told', 'cat /data/kept'), 'kept\n');
  });

  await running.step('what was lost without a repair is found, with who uses it, and cured', async () => {
    await containerd.must(['run', '--detach', ...snapshotter, imageName, 'running', 'sleep', '600']);
    const all = await layers();
    await strata.stop();
    forgetRecords(strata);
    await strata.startAgain();
    await until('containerd has found the daemon again', async () => {
      return (await containerd.run(['snapshots', ...snapshotter, 'ls'])).status === 0;
    });
    const { status, findings } = await check(...inFront);
    assert.equal(status, 1);
    const [used, ...others] = findings.filter(({ kind }) => kind === 'lost-snapshot');
    assert.deepEqual(
      others.map(({ key }) => key),
      all.map(({ key }) => key).reverse(),
    );
    assert.match(used?.message ?? '', /; the container "running" uses it$/);
    const kept = await check('--repair', ...inFront);
    assert.equal(kept.status, 1);
    const skipped = kept.actions.find(({ key }) => key === used?.key);
    assert.deepEqual([skipped?.state, skipped?.reason], ['skipped', 'only with --drop-descendants']);
    assert.equal(kept.left.length, 1 + others.length, 'what is below it cannot go either');
    assert.equal((await check('--repair', '--drop-descendants', ...inFront)).status, 0);
    await containerd.must(['task', 'kill', '--signal', 'SIGKILL', 'running']);
    await containerd.must(['task', 'rm', '--force', 'running']);
    await containerd.must(['container', 'rm', 'running']);
    await mustImport();
    assert.equal(await shell('cured', 'cat /data/kept'), 'kept\n');
  });

  await running.step('what containerd does not know is a note', async () => {
    await collect();
    await strata.must(['prepare', '--force', `${containerd.namespace}/9000/ours`]);
    const { status, findings, notes } = await check(...inFront);
    assert.deepEqual([status, findings], [0, []]);
    assert.deepEqual(
      notes.map(({ kind, key }) => [kind, key]),
      [['unclaimed-snapshot', `${containerd.namespace}/9000/ours`]],
    );
    await strata.must(['rm', '--force', `${containerd.namespace}/9000/ours`]);
  });

  await running.step('says when it could not compare, and fails where a containerd was named', async () => {
    const nowhere = path.join(await running.directory(), 'none.sock');
    const named = await strata.run(['check', '--containerd', nowhere]);
    assert.equal(named.status, 2);
    assert.match(named.stderr, /^strata: unavailable: containerd: cannot reach .*none\.sock/);
    const other = await Strata.start(running, { proxy: true });
    const foreign = await other.run(['check', ...inFront]);
    assert.equal(foreign.status, 2);
    assert.match(foreign.stderr, /no proxy snapshotter of that containerd has the address/);
    assert.match(await other.must(['check']), /not compared with containerd \(/);
    const unproxied = await Strata.start(running);
    assert.match((await unproxied.run(['check', ...inFront])).stderr, /not in proxy mode/);
    assert.doesNotMatch(await unproxied.must(['check']), /containerd/);
  });

  await running.step('nothing is left when everything is removed', async () => {
    await containerd.must(['image', 'rm', '--sync', imageName]);
    await until('nothing is recorded any more', async () => (await strata.must(['ls', '--json'])).trim() === '[]');
    await until('nothing lies on disk any more', async () => (await readdir(strata.snapshots)).length === 0);
  });
});

function recordsFile({ directory }: Strata): string {
  return path.join(directory, 'root', 'io.strata.store.v1.sqlite', 'strata.db');
}

interface Row {
  readonly id: number;
  readonly key: string;
}

function openRecords(strata: Strata): Disposable & { all(sql: string): readonly Row[] } {
  const database = new Database(recordsFile(strata), { readonly: true });
  return {
    all: (sql) => database.prepare<[], Row>(sql).all(),
    [Symbol.dispose]: () => void database.close(),
  };
}

/** Takes all records away from a daemon that does not run, as if an old backup had been restored. */
function forgetRecords(strata: Strata): void {
  const database = new Database(recordsFile(strata));
  try {
    database.pragma('foreign_keys = ON');
    database.exec('DELETE FROM snapshots');
  } finally {
    database.close();
  }
}
