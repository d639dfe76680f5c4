import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { FaultPoint } from '../base/index.js';
import type { Store } from './store.js';
import { open, sql, temporaryDirectory } from './store.test.rig.js';

const mebibyte = 1024 * 1024;

/** Writes so many mebibytes, from several callers. */
async function write(store: Store, name: string, mebibytes: number): Promise<void> {
  const callers = Array.from({ length: 16 }, async (_, caller) => {
    for (let part = 0; part < mebibytes * 16; part++) {
      await store.write((tx) => tx.run(sql.add, `${name} ${caller} ${part} ${'x'.repeat(4000)}`, part));
    }
  });
  await Promise.all(callers);
}

function count(store: Store): number {
  return store.read((tx) => tx.all(sql.all).length);
}

describe('the log', () => {
  it('begins again when it is long enough, while changes and reads go on', async (t) => {
    const reached: FaultPoint[] = [];
    const failures: unknown[] = [];
    await using store = await open(await temporaryDirectory(t), {
      faults: { reach: (point) => point.startsWith('checkpoint.') && reached.push(point) },
      errors: (_, error) => failures.push(error),
    });
    await write(store, 'a', 20);
    assert.deepEqual(failures, []);
    assert.ok(reached.length >= 3);
    assert.deepEqual(reached.slice(0, 3), ['checkpoint.begun', 'checkpoint.between', 'checkpoint.done']);
    assert.ok(statSync(`${store.file}-wal`).size < 12 * mebibyte);
    assert.ok(statSync(store.file).size > 8 * mebibyte);
    assert.equal(count(store), 16 * 16 * 20);
    assert.deepEqual(await store.verify(), []);
  });

  it('goes on growing while another process reads an old state, and begins again afterwards', async (t) => {
    await using store = await open(await temporaryDirectory(t));
    await write(store, 'a', 1);
    const script = `
      import Database from 'better-sqlite3';
      const database = new Database(process.argv[1]);
      database.exec('BEGIN');
      database.prepare('SELECT count(*) FROM item').get();
      process.stdout.write('reading');
      // With a reference, so that the collector does not close it meanwhile.
      process.stdin.on('end', () => void database.close()).resume();
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, store.file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    await write(store, 'b', 20);
    const grown = statSync(`${store.file}-wal`).size;
    // How much of it depends on how many changes share a group; a log that could begin again would not get that far.
    assert.ok(grown > 8 * mebibyte, String(grown));
    child.stdin.end();
    await once(child, 'exit');
    await write(store, 'c', 20);
    assert.ok(statSync(`${store.file}-wal`).size < grown + 12 * mebibyte);
    assert.equal(count(store), 16 * 16 * 41);
  });
});
