import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CanceledError, systemErrorCode, UnknownError } from '../errors/index.js';
import { runInTreePool } from './tree-pool.js';

/** The niceness of every thread of this process (proc_pid_stat(5), field 19); the name before it may hold anything. */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const text = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

function fillTree(tree: string, files: number): void {
  for (let number = 0; number < files; number++) {
    if (number % 1000 === 0) mkdirSync(path.join(tree, String(number / 1000)), { recursive: true });
    writeFileSync(path.join(tree, String(Math.floor(number / 1000)), `f${number}`), '');
  }
}

describe('the threads that walk trees', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'strata-tree-pool-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test('give way to the event loop', { skip: process.platform !== 'linux' }, async () => {
    const own = os.getPriority();
    await runInTreePool('measure', { path: directory, withoutShared: false });
    const expected = Math.min(own + 5, 19);
    assert.equal(nicenesses().includes(expected), true);
    assert.equal(os.getPriority(process.pid), own);
  });

  test('make directories, measure and delete each in threads of their own', async () => {
    const root = path.join(directory, 'snapshots');
    fillTree(path.join(root, 'large'), 2_000);
    const template = { mode: 0o755, directories: [] };
    const busy = [0, 1, 2, 3].map(() => runInTreePool('measure', { path: root, withoutShared: true }));
    const [made, removal, usages] = await Promise.all([
      runInTreePool('make', { root, names: ['new'], template, milliseconds: 1 }),
      runInTreePool('remove', { root, names: ['large'] }),
      Promise.all(busy),
    ]);
    assert.equal(made, 1);
    assert.deepEqual(removal, { finished: true, failures: [] });
    assert.equal(usages.length, 4);
    assert.deepEqual(readdirSync(root), ['new']);
  });

  test('tell what is wrong as a Strata error, with the error of the system as its cause', async () => {
    const missing = runInTreePool('measure', { path: path.join(directory, 'missing'), withoutShared: false });
    await assert.rejects(missing, (error) => {
      assert.ok(error instanceof UnknownError);
      assert.equal(systemErrorCode(error.cause), 'ENOENT');
      return true;
    });
    const signal = AbortSignal.abort();
    await assert.rejects(
      runInTreePool('measure', { path: directory, withoutShared: false }, { signal }),
      CanceledError,
    );
  });
});
