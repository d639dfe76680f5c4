import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { syncTreeNow } from './tree-sync.js';

function tree(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'strata-tree-sync-'));
  t.after(() => rmSync(root, { recursive: true }));
  const path = join(root, 'tree');
  mkdirSync(join(path, 'inner'), { recursive: true });
  writeFileSync(join(path, 'inner', 'file'), 'x');
  return { root, path };
}

const goOn = () => false;

describe('syncTreeNow; layer-sync.test.ts has what a power cut leaves', () => {
  it('opens nothing that would wait or lead elsewhere', (t) => {
    const { root, path } = tree(t);
    symlinkSync('/etc/shadow', join(path, 'link'));
    execFileSync('mkfifo', [join(path, 'fifo')]);
    assert.equal(syncTreeNow({ path, parents: [root], filesOnly: false }, goOn), true);
    assert.equal(syncTreeNow({ path, parents: [root], filesOnly: true }, goOn), false);
  });

  it('changes the nearest parent, so that there is something to commit', (t) => {
    const { root, path } = tree(t);
    utimesSync(root, 1000, 1000);
    assert.equal(syncTreeNow({ path, parents: [root, tmpdir()], filesOnly: true }, goOn), true);
    assert.ok(lstatSync(root).mtimeMs > 1_000_000);
  });

  it('says that it was stopped, and is content with what vanishes', (t) => {
    const { root, path } = tree(t);
    assert.equal(
      syncTreeNow({ path, parents: [root], filesOnly: true }, () => true),
      false,
    );
    const vanishing = () => {
      rmSync(join(path, 'inner'), { recursive: true, force: true });
      return false;
    };
    assert.equal(syncTreeNow({ path, parents: [root], filesOnly: true }, vanishing), true);
  });
});
