import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { lockFile } from './file-lock.js';
import { canCallSystem } from './libc.js';

const skip = !canCallSystem() && 'needs the addon for system calls';

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'strata-lock-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

it('a lock is held by one at a time, in this process as well', { skip }, async (t) => {
  const path = directory(t);
  const said: string[] = [];
  const first = await lockFile(path);
  const second = lockFile(path).then((held) => {
    said.push('second');
    return held;
  });
  await assert.rejects(lockFile(path, AbortSignal.abort()), { code: 'Canceled' });
  said.push('first');
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
  assert.deepEqual(said, ['first', 'second']);
});

it('a lock of what does not exist holds nothing', { skip }, async (t) => {
  using _one = await lockFile(join(directory(t), 'missing'));
  using _two = await lockFile(join(directory(t), 'missing'));
});
