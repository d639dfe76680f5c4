import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  openPlace,
  PendingDirectories,
  pathOfDescriptor,
  toBinary,
  toBytes,
  withoutMagicLink,
  withRealPath,
} from './tree-paths.js';

function place(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'strata-paths-'));
  // Some versions of Node cannot delete paths that are longer than the kernel takes.
  t.after(() => execFileSync('rm', ['-rf', directory]));
  return directory;
}

const openFiles = (): number => readdirSync('/proc/self/fd').length;

describe('paths in a tree', () => {
  it('are bytes, whatever a name is', () => {
    assert.deepEqual(toBytes(toBinary('ä')), Buffer.from('ä'));
    assert.equal(toBytes('\xff').length, 1);
  });

  it('of open directories lead there, and are told by their own names', (t) => {
    const directory = place(t);
    const fd = openPlace(toBinary(directory));
    t.after(() => closeSync(fd));
    const path = pathOfDescriptor(fd);
    assert.equal(lstatSync(withoutMagicLink(path)).ino, lstatSync(directory).ino);
    assert.equal(withoutMagicLink('/tmp'), '/tmp');
    try {
      lstatSync(`${path}/missing`);
    } catch (error) {
      assert.match(String(withRealPath(error)), new RegExp(`'${directory}/missing'`));
    }
    assert.equal(withRealPath('text'), 'text');
  });

  it('are visited deepest first, and long ones from an open directory that is closed again', (t) => {
    const directory = place(t);
    const before = openFiles();
    const long = 'd'.repeat(200);
    let depth = 0;
    {
      using pending = new PendingDirectories(toBinary(directory));
      while (
        pending.visit((visited) => {
          assert.ok(visited.path.length < 3800);
          if (depth === 30) return;
          depth += 1;
          mkdirSync(toBytes(`${visited.path}/${long}`));
          pending.add(visited, long);
        })
      );
    }
    assert.equal(depth, 30);
    assert.equal(openFiles(), before);
  });
});
