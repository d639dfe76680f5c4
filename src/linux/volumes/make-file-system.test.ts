import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CanceledError, UnknownError } from '../../errors/index.js';
import { findProgram, makeFileSystem, programOutput, runProgram } from './make-file-system.js';

const shell = findProgram('sh') ?? '/bin/sh';

describe('programs', () => {
  it('are found as a shell finds them', () => {
    assert.match(shell, /\/sh$/);
    assert.equal(findProgram('no-such-program'), undefined);
  });

  it('give what they say, or fail with it', async () => {
    assert.equal(await programOutput(shell, ['-c', 'echo said']), 'said\n');
    await runProgram(shell, ['-c', 'true']);
    await assert.rejects(runProgram(shell, ['-c', 'echo broken >&2; exit 3']), (error) => {
      assert.ok(error instanceof UnknownError);
      assert.match(error.message, /broken/);
      return true;
    });
    await assert.rejects(runProgram(shell, ['-c', 'sleep 60'], { signal: AbortSignal.abort() }), CanceledError);
  });

  it('make no file system where nothing is', {
    skip: findProgram('mkfs.ext4') === undefined && 'needs mkfs.ext4',
  }, async () => {
    await assert.rejects(makeFileSystem({ type: 'ext4', path: '/no/such/file' }), UnknownError);
  });
});
