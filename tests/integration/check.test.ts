/** `strata check` on a daemon that runs, under load, and on the root of one that does not. */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { connect, type Snapshotter, type StrataClient } from '../../src/index.js';
import { strataCommand } from '../support/paths.js';
import { run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

/** Makes and removes snapshots until it is told to stop, and at least some. */
async function load(snapshotter: Snapshotter, worker: number, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < 20 || !signal.aborted; round++) {
    const name = `${worker}-${round}`;
    await snapshotter.prepare({ key: `${name}-active` });
    await snapshotter.commit({ key: `${name}-active`, name: `${name}-layer` });
    await snapshotter.prepare({ key: `${name}-work`, parent: `${name}-layer` });
    await snapshotter.view({ key: `${name}-view`, parent: `${name}-layer` });
    for (const part of ['view', 'work', 'layer']) await snapshotter.remove(`${name}-${part}`);
  }
}

/** Checks; there must be no finding. @returns how many snapshots were looked at. */
async function checkClean({ maintenance }: StrataClient, level: 'quick' | 'deep'): Promise<number> {
  let looked = 0;
  for await (const event of maintenance.check({ level })) {
    assert.notEqual(event.type, 'finding', JSON.stringify(event));
    if (event.type === 'summary') looked = event.summary.snapshots;
  }
  return looked;
}

/** Changes the records of a root that no daemon serves, as nobody can who keeps to the schema. */
function damageRecords(root: string, sql: string): void {
  const database = new Database(path.join(root, 'io.strata.store.v1.sqlite', 'strata.db'));
  try {
    database.pragma('foreign_keys = OFF');
    database.exec(sql);
  } finally {
    database.close();
  }
}

scenario('strata check', { needs: ['root'] }, async (running) => {
  const strata = await Strata.start(running);
  const root = path.join(strata.directory, 'root');
  const checkRoot = (...args: readonly string[]) => run(strataCommand, ['check', '--root', root, ...args]);

  await running.step('finds nothing wrong while calls change everything', async () => {
    await using client = connect({ address: strata.address, namespace: 'default' });
    const stop = new AbortController();
    const workers = Promise.all([0, 1, 2, 3, 4, 5].map((worker) => load(client.snapshotter(), worker, stop.signal)));
    let looked = 0;
    try {
      for (let round = 0; round < 25; round++) looked += await checkClean(client, round % 2 === 0 ? 'quick' : 'deep');
    } finally {
      stop.abort();
      await workers;
    }
    assert.ok(looked > 0, 'the checks met snapshots');
  });

  await running.step('prints findings and exits with 1, and with 0 when there are none', async () => {
    assert.match(await strata.must(['check']), /^0 snapshots checked: nothing wrong\n$/);
    await strata.must(['prepare', 'build']);
    await strata.must(['commit', 'base', 'build']);
    await strata.must(['prepare', 'work', 'base']);
    // The newest; as texts the names of 999 and 1000 sort the other way round.
    const id = String(Math.max(...(await strata.onDisk()).map(Number)));
    await rm(path.join(strata.snapshots, id, 'work'), { recursive: true });
    const { status, stdout } = await strata.run(['check']);
    assert.equal(status, 1);
    assert.match(stdout, /^missing-work-directory \(1\)\n {2}overlayfs default\/work id \d+ /);
    assert.match(stdout, /2 snapshots checked: 1 finding\n$/);
  });

  await running.step('says first what a repair will do, and does it on the daemon', async () => {
    const dry = await strata.run(['check', '--repair', '--dry-run']);
    assert.equal(dry.status, 1);
    assert.match(dry.stdout, /Plan\n {2}make-directory/);
    const repaired = await strata.run(['check', '--repair']);
    assert.equal(repaired.status, 0, repaired.stdout + repaired.stderr);
    assert.match(repaired.stdout, /Repair\n {2}done {2}make-directory/);
    await strata.must(['check']);
  });

  await running.step('does not touch a root that a daemon serves from beside it', async () => {
    const { status, stderr } = await checkRoot();
    assert.equal(status, 2);
    assert.match(stderr, /^strata: failed precondition: /);
  });

  await running.step('checks and repairs the root of a daemon that does not run', async () => {
    await strata.stop();
    const base = String(Math.min(...(await strata.onDisk()).map(Number)));
    await mkdir(path.join(strata.snapshots, '90000', 'fs'), { recursive: true });
    await rm(path.join(strata.snapshots, base, 'fs'), { recursive: true });
    const seen = JSON.parse((await checkRoot('--json')).stdout);
    const kinds = seen.findings.map(({ kind }: { readonly kind: string }) => kind);
    assert.deepEqual(kinds.sort(), ['missing-files-directory', 'orphan-directory']);
    assert.equal((await checkRoot('--repair')).status, 1, 'what is based on the layer is kept');
    assert.equal((await checkRoot('--repair', '--drop-descendants')).status, 0);
    assert.equal((await checkRoot()).status, 0);
    assert.equal((await readdir(path.join(root, 'lost+found'))).length, 3);
    await strata.startAgain();
    await strata.must(['prepare', 'build']);
    await strata.must(['commit', 'base', 'build']);
  });

  await running.step('finds damage to the store, repairs nothing meanwhile, and says how to go on', async () => {
    const backup = path.join(await running.directory(), 'records.db');
    await strata.must(['backup', backup]);
    await strata.stop();
    damageRecords(root, "DELETE FROM snapshots WHERE key = 'base'");
    await mkdir(path.join(strata.snapshots, '90001'));
    const damaged = await checkRoot('--repair', '--drop-descendants', '--json');
    assert.equal(damaged.status, 1, damaged.stdout + damaged.stderr);
    const { findings, actions } = JSON.parse(damaged.stdout);
    assert.ok(findings.some(({ kind }: { readonly kind: string }) => kind === 'damaged-store'));
    assert.match(damaged.stdout, /"strata restore\\" puts the records of a backup in its place/);
    assert.ok(actions.every(({ state }: { readonly state: string }) => state === 'skipped'));
    await rmdir(path.join(strata.snapshots, '90001'));
    assert.equal((await run(strataCommand, ['restore', backup, '--root', root])).status, 0);
    const restored = await checkRoot();
    assert.equal(restored.status, 0, restored.stdout + restored.stderr);
    await strata.startAgain();
    assert.match(await strata.must(['info', 'base']), /committed/);
  });

  await running.step('exits with 2 when it cannot run', async () => {
    const nowhere = await running.directory();
    for (const args of [
      ['check', '--root', nowhere],
      ['check', '--quick', '--deep', '--root', root],
      ['check', '--dry-run', '--root', root],
      ['--address', path.join(nowhere, 'none.sock'), 'check'],
    ]) {
      const { status, stderr } = await run(strataCommand, args);
      assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
    }
    assert.deepEqual(await readdir(nowhere), []);
  });
});
