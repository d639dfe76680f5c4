import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { describe, it, type TestContext } from 'node:test';
import { Gate, MemoryDriver } from '../../../tests/support/memory-driver.js';
import { openStoreAt, temporaryStore } from '../../../tests/support/store.js';
import { CanceledError, DataLossError } from '../../errors/index.js';
import type { Store } from '../../store/index.js';
import { LocalSnapshotter, type Snapshotter } from '../index.js';
import { IdAllocator } from '../records/ids.js';

/** Makes what is missing, as drivers with directories do. */
class RecreatingDriver extends MemoryDriver {
  readonly refused = new Set<string>();

  async recreate({ id }: { readonly id: string }): Promise<boolean> {
    if (this.refused.has(id)) throw new DataLossError(`parent of ${id} is gone`);
    if (this.files.has(id)) return false;
    this.files.add(id);
    return true;
  }
}

async function setUp(t: TestContext) {
  const temporary = await temporaryStore();
  t.after(() => temporary[Symbol.asyncDispose]());
  const driver = new RecreatingDriver();
  const reported: string[] = [];
  const errors = { report: (task: string) => void reported.push(task) };
  const start = (store: Store = temporary.store) => LocalSnapshotter.open({ name: 'memory', store, driver, errors });
  return { store: temporary.store, directory: temporary.directory, driver, reported, start };
}

/** A layer, an active snapshot and a view over it: ids 1 to 3. */
async function fill(snapshotter: Snapshotter): Promise<void> {
  await snapshotter.prepare({ key: 'build' });
  await snapshotter.commit({ key: 'build', name: 'layer' });
  await snapshotter.prepare({ key: 'active', parent: 'layer' });
  await snapshotter.view({ key: 'view', parent: 'layer' });
}

async function namesOf(snapshotter: Snapshotter): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of snapshotter.walk()) names.push(name);
  return names;
}

const nothing = { entries: 3, records: 3, deleted: 0, kept: 0, recreated: 0, failed: 0, missing: [] };

describe('recover', () => {
  it('finds nothing to do after a clean stop', async (t) => {
    const { start, driver, reported } = await setUp(t);
    await fill(await start());
    assert.deepEqual(await (await start()).recover(), nothing);
    assert.deepEqual([...driver.files], ['1', '2', '3']);
    assert.deepEqual(reported, []);
  });

  it('deletes what has no record, and nothing else', async (t) => {
    const { start, driver } = await setUp(t);
    await fill(await start());
    for (const name of ['7', 'new-12', '03', '-1']) driver.files.add(name);
    assert.deepEqual(await (await start()).recover(), { ...nothing, entries: 7, deleted: 4 });
    assert.deepEqual([...driver.files], ['1', '2', '3']);
  });

  it('makes active snapshots and views again, and tells which layers are gone', async (t) => {
    const { start, driver, reported } = await setUp(t);
    await fill(await start());
    driver.files.clear();
    const report = await (await start()).recover();
    assert.deepEqual(report, { ...nothing, entries: 0, recreated: 2, missing: ['layer'] });
    assert.deepEqual([...driver.files], ['2', '3']);
    assert.deepEqual(reported, []);
  });

  it('goes on behind a snapshot that cannot be made again', async (t) => {
    const { start, driver, reported } = await setUp(t);
    await fill(await start());
    for (const id of ['2', '3']) driver.files.delete(id);
    driver.refused.add('2');
    assert.deepEqual(await (await start()).recover(), { ...nothing, entries: 1, recreated: 1, failed: 1 });
    assert.equal(reported[0], 'make the missing directories of snapshot 2 again');
  });

  it('leaves snapshots alone that are made or removed meanwhile', async (t) => {
    const { start, driver } = await setUp(t);
    await fill(await start());
    driver.files.delete('2');
    const snapshotter = await start();
    const recovered = snapshotter.recover();
    await snapshotter.prepare({ key: 'new' });
    await snapshotter.commit({ key: 'new', name: 'new layer' });
    await snapshotter.remove('active');
    await recovered;
    await snapshotter.cleanup();
    assert.deepEqual(await namesOf(snapshotter), ['layer', 'new layer', 'view']);
    assert.equal(driver.files.size, 3);
  });

  it('does not keep calls waiting, and stops when the snapshotter is closed', async (t) => {
    const { start, driver } = await setUp(t);
    driver.files.add('stray');
    const snapshotter = await start();
    const gate = new Gate();
    driver.gates.set('discard', gate);
    const recovered = snapshotter.recover();
    await gate.reached;
    await fill(snapshotter);
    const closed = snapshotter.close();
    gate.open();
    await assert.rejects(recovered, CanceledError);
    await closed;
  });
});

describe('a bad snapshot', () => {
  it('whose files cannot be deleted is told about, and does not fail a clean-up', async (t) => {
    const { start, driver, reported } = await setUp(t);
    driver.files.add('stray');
    driver.failures.set('discard', new Error('EBUSY'));
    const snapshotter = await start();
    assert.equal((await snapshotter.recover()).failed, 1);
    await snapshotter.cleanup();
    assert.deepEqual(reported, ['delete the files of snapshots stray']);
    driver.failures.clear();
    await snapshotter.cleanup();
    assert.equal(driver.files.size, 0);
  });

  it('in the shape of a directory that cannot be listed does not stop the start', async (t) => {
    const { start, driver } = await setUp(t);
    await fill(await start());
    driver.ids = async function* () {
      yield* [];
      throw Object.assign(new Error('EIO: i/o error, scandir'), { code: 'EIO' });
    };
    const snapshotter = await start();
    await assert.rejects(snapshotter.recover(), { code: 'EIO' });
    assert.deepEqual(await namesOf(snapshotter), ['active', 'layer', 'view']);
    await snapshotter.prepare({ key: 'next' });
  });
});

describe('after records were restored from a backup', () => {
  it('no id is given out of which there are files', async (t) => {
    const { start, store, driver } = await setUp(t);
    await start();
    const mark = await (await IdAllocator.open({ store })).next();
    driver.files.add(String(mark + 5000));
    const snapshotter = await start();
    await snapshotter.prepare({ key: 'k' });
    assert.ok(driver.files.has(String(mark + 5001)));
  });

  it('no files are deleted while the replaced records are kept', async (t) => {
    const { start, store, driver, directory } = await setUp(t);
    await fill(await start());
    driver.files.add('9');
    await store.close();
    await mkdir(`${directory}.replaced-2026-01-01`);
    await using restored = await openStoreAt(directory);
    const snapshotter = await start(restored);
    assert.deepEqual(await snapshotter.recover(), { ...nothing, entries: 4, kept: 1 });
    await snapshotter.cleanup();
    assert.ok(driver.files.has('9'));
  });
});
