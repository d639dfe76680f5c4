import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Gate } from '../../../tests/support/memory-driver.js';
import { BackupSchedule } from './schedule.js';

const minute = 60_000;

async function setUp(t: TestContext) {
  const parent = await mkdtemp(path.join(tmpdir(), 'strata-schedule-'));
  t.after(() => rm(parent, { recursive: true, force: true }));
  const directory = path.join(parent, 'backups');
  const time = { now: Date.parse('2026-01-01T00:00:00Z') };
  const store = { changes: 1, backup: (file: string, _signal?: AbortSignal) => writeFile(file, 'records') };
  const failures: unknown[] = [];
  const done: string[] = [];
  const schedule = new BackupSchedule({
    store,
    directory,
    interval: minute,
    keep: 3,
    onDone: ({ path: file }) => void done.push(path.basename(file)),
    onFailure: (error) => void failures.push(error),
    now: () => time.now,
  });
  t.after(() => schedule.close());
  return { directory, time, store, failures, done, schedule };
}

describe('BackupSchedule', () => {
  it('makes dated backups, keeps the newest, and leaves other files alone', async (t) => {
    const { directory, time, store, done, failures, schedule } = await setUp(t);
    await mkdir(directory);
    await writeFile(path.join(directory, 'records.db'), 'mine');
    for (let round = 0; round < 5; round++) {
      await schedule.run();
      time.now += minute;
      store.changes++;
    }
    assert.equal(done.length, 5);
    assert.deepEqual((await readdir(directory)).sort(), [
      'records-2026-01-01T00-02-00Z.db',
      'records-2026-01-01T00-03-00Z.db',
      'records-2026-01-01T00-04-00Z.db',
      'records.db',
    ]);
    assert.deepEqual(failures, []);
  });

  it('makes none when nothing has changed', async (t) => {
    const { time, store, done, schedule } = await setUp(t);
    await schedule.run();
    time.now += minute;
    await schedule.run();
    assert.equal(done.length, 1);
    store.changes++;
    await schedule.run();
    assert.equal(done.length, 2);
  });

  it('tells failures, throws none, deletes nothing then, and tries again', async (t) => {
    const { directory, time, store, done, failures, schedule } = await setUp(t);
    await schedule.run();
    const { backup } = store;
    const full = new Error('ENOSPC');
    store.backup = () => Promise.reject(full);
    store.changes++;
    time.now += minute;
    await schedule.run();
    assert.equal(failures.length, 1);
    assert.equal((await readdir(directory)).length, 1);
    store.backup = backup;
    await schedule.run();
    assert.equal(done.length, 2);
  });

  it('begins a minute after the start at the earliest, and one interval after the newest backup', async (t) => {
    const { directory, done, schedule } = await setUp(t);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    await schedule.start();
    t.mock.timers.tick(minute - 1);
    assert.equal(done.length, 0);
    t.mock.timers.tick(1);
    await schedule.close();
    assert.equal((await readdir(directory)).length, 1);
  });

  it('gives up the backup under way when it is closed, which is no failure', async (t) => {
    const { store, failures, schedule } = await setUp(t);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const begun = new Gate();
    store.backup = async (_file, signal) => {
      begun.open();
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('given up'))));
    };
    await schedule.start();
    t.mock.timers.tick(minute);
    await begun.pass();
    await schedule.close();
    assert.deepEqual(failures, []);
  });
});
