import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { UsageError } from './failure.js';
import { absolutePath, givenPath } from './path-argument.js';

describe('a path on a command line', () => {
  it('starts at the working directory', () => {
    assert.equal(absolutePath('a/../b', '<dir>'), path.join(process.cwd(), 'b'));
    assert.equal(absolutePath('.', '<dir>'), process.cwd());
    assert.equal(absolutePath('/mnt/', '<dir>'), '/mnt');
  });

  it('may stay as it was written', () => assert.equal(givenPath('a/b/', '<dir>'), 'a/b/'));

  it('is never the working directory because nothing was given', () => {
    const refused = new UsageError('<dir>: want a path, got ""');
    assert.throws(() => absolutePath('', '<dir>'), refused);
    assert.throws(() => givenPath('', '<dir>'), refused);
  });
});
