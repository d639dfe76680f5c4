import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { alterRows } from '../../../tests/support/damage/record-damage.js';
import { insertOf, type RowToBe } from '../../../tests/support/snapshot-rows.js';
import { openStoreAt } from '../../../tests/support/store.js';
import type { CheckEvent, CheckOptions } from '../../check/index.js';
import { DataLossError, FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import { type Config, defaultConfig } from '../config/index.js';
import { openRootStore, storeDirectory } from '../parts/root-store.js';
import { checkRoot } from './check-root.js';

/** A root that was served, with these rows. */
async function rootOf(t: TestContext, rows: readonly RowToBe[]): Promise<Config> {
  const root = await mkdtemp(path.join(tmpdir(), 'strata-check-root-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  await using store = await openStoreAt(storeDirectory(root));
  const usual = "INSERT INTO namespaces VALUES ('default'); UPDATE snapshot_ids SET reserved = 4096;";
  await alterRows({ store }, `${usual} ${rows.length === 0 ? '' : insertOf(rows)}`);
  return { ...defaultConfig(), root };
}

const snapshotsOf = ({ root }: Config) => path.join(root, 'io.containerd.snapshotter.v1.overlayfs', 'snapshots');

async function eventsOf(config: Config, options: CheckOptions = {}): Promise<CheckEvent[]> {
  const events: CheckEvent[] = [];
  for await (const event of checkRoot(config, options)) events.push(event);
  return events;
}

const findingsOf = async (config: Config, options: CheckOptions = {}) =>
  (await eventsOf(config, options)).flatMap((event) =>
    event.type === 'finding' ? [[event.finding.kind, event.finding.snapshotter, event.finding.id]] : [],
  );

describe('checkRoot', () => {
  it('checks the records and the files of all snapshotters that are known', async (t) => {
    const config = await rootOf(t, [{ id: 1 }, { id: 2, snapshotter: 'zfs', updated: 0 }]);
    mkdirSync(path.join(snapshotsOf(config), '90'), { recursive: true });
    assert.deepEqual(await findingsOf(config, { level: 'quick' }), [
      ['wrong-times', 'zfs', '2'],
      ['missing-directory', 'overlayfs', '1'],
      ['orphan-directory', 'overlayfs', '90'],
    ]);
    const summary = (await eventsOf(config, { level: 'quick' })).at(-1);
    assert.deepEqual(summary?.type === 'summary' && summary.summary.unseen, ['zfs']);
  });

  it('repairs, what only may be repaired while no daemon runs too', async (t) => {
    const config = await rootOf(t, [{ id: 5000, kind: 'view', snapshotter: 'zfs' }]);
    mkdirSync(path.join(snapshotsOf(config), '90'), { recursive: true });
    const events = await eventsOf(config, { repair: {} });
    const done = events.flatMap((event) =>
      event.type === 'action' && event.action.state === 'done' ? [event.action.remedy] : [],
    );
    assert.deepEqual(done.sort(), ['move-away', 'raise-mark']);
    assert.deepEqual(await findingsOf(config), []);
    assert.match(String(readdirSync(path.join(config.root, 'lost+found'))), /-90$/);
  });

  it('finds nothing in a root that was served and never used, and makes nothing there', async (t) => {
    const config = await rootOf(t, []);
    const before = readdirSync(config.root);
    assert.deepEqual(await findingsOf(config, { level: 'deep' }), []);
    assert.deepEqual(readdirSync(config.root), before);
  });

  it('does not make a root', async (t) => {
    const root = await mkdtemp(path.join(tmpdir(), 'strata-check-root-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    const nowhere = path.join(root, 'nowhere');
    for (const config of [
      { ...defaultConfig(), root },
      { ...defaultConfig(), root: nowhere },
    ]) {
      await assert.rejects(eventsOf(config), NotFoundError);
    }
    assert.deepEqual(readdirSync(root), []);
  });

  it('says of a root whose records are in LMDB that it cannot read them', async (t) => {
    const config = await rootOf(t, []);
    mkdirSync(path.join(config.root, 'io.strata.store.v1.lmdb'));
    await assert.rejects(eventsOf(config), /has its records in LMDB/);
  });

  it('leaves a root alone that somebody has, and is not had by two itself', async (t) => {
    const config = await rootOf(t, []);
    {
      await using _ = await openStoreAt(storeDirectory(config.root));
      await assert.rejects(eventsOf(config), FailedPreconditionError);
    }
    const events = checkRoot(config, {});
    await events.next();
    await assert.rejects(openRootStore(config.root), FailedPreconditionError);
    await events.return(undefined);
    await (await openStoreAt(storeDirectory(config.root))).close();
  });

  it('fails where the store cannot even be opened', async (t) => {
    const config = await rootOf(t, [{ id: 1 }]);
    const file = path.join(storeDirectory(config.root), 'strata.db');
    truncateSync(file, 0);
    writeFileSync(file, 'no database');
    await assert.rejects(eventsOf(config), DataLossError);
  });
});
