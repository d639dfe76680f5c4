import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
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
});
