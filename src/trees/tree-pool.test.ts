import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
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

  test('make directories while they delete', async () => {
    const root = path.join(directory, 'snapshots');
    fillTree(path.join(root, 'large'), 5_000);
    const template = { mode: 0o755, directories: [] };
    // Starts the thread, which may take longer than deleting does.
    await runInTreePool('make', { root, names: ['first'], template, milliseconds: 1 });
    const ended: string[] = [];
    const removed = runInTreePool('remove', { root, names: ['large'] }).then(() => ended.push('remove'));
    const made = runInTreePool('make', { root, names: ['new'], template, milliseconds: 1 }).then(() =>
      ended.push('make'),
    );
    await Promise.all([removed, made]);
    assert.deepEqual(ended, ['make', 'remove']);
  });
});
