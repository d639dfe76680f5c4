import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { directoryFacts } from './directory-facts.js';

function directory(t: TestContext): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'strata-facts-')));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

describe('facts about a directory', () => {
  it('are those of the nearest one that exists, and nothing is made', (t) => {
    const path = directory(t);
    const facts = directoryFacts(join(path, 'not/yet'));
    assert.deepEqual([facts.path, facts.nearest, facts.writable], [join(path, 'not/yet'), path, true]);
    assert.ok(facts.bytes.free <= facts.bytes.total && facts.bytes.total > 0);
    assert.equal(typeof facts.reflink, 'boolean');
    assert.deepEqual(readdirSync(path), []);
  });

  it('follow symbolic links, so that the right file system is found', (t) => {
    const path = directory(t);
    symlinkSync('/proc', join(path, 'link'));
    const facts = directoryFacts(join(path, 'link', 'nobody'));
    assert.equal(facts.nearest, '/proc');
    assert.equal(facts.mount?.type, 'proc');
    assert.deepEqual([facts.directoryTypes, facts.reflink, facts.projectQuota], [undefined, undefined, 'impossible']);
  });

  it('tell what is in the way of it, wherever on the path', (t) => {
    const path = directory(t);
    const at = (name: string): string => join(path, name);
    writeFileSync(at('file'), '');
    symlinkSync('/nowhere/at/all', at('dangling'));
    symlinkSync('round', at('round'));
    symlinkSync(at('file'), at('to-file'));
    symlinkSync(path, at('to-directory'));
    const obstacles: readonly (readonly [string, string | undefined])[] = [
      ['', undefined],
      ['not/yet', undefined],
      ['to-directory', undefined],
      ['to-directory/not/yet', undefined],
      ['file', `${at('file')} is a regular file`],
      ['file/below', `${at('file')} is a regular file`],
      ['to-file', `${at('to-file')} is a symbolic link to a regular file`],
      ['dangling', `${at('dangling')} is a symbolic link to /nowhere/at/all, which leads nowhere`],
      ['dangling/below', `${at('dangling')} is a symbolic link to /nowhere/at/all, which leads nowhere`],
      ['round', `${at('round')} is a symbolic link to round, which leads nowhere`],
    ];
    for (const [name, obstacle] of obstacles) {
      const facts = directoryFacts(join(path, name));
      assert.deepEqual([facts.obstacle, facts.nearest], [obstacle, path], name);
    }
  });
});
