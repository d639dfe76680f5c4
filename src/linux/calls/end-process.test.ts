import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

test('a process ends while a thread of the pool waits for ever', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'strata-end-process-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const fifo = join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const program = `
    import { readFile } from 'node:fs/promises';
    import { setTimeout } from 'node:timers/promises';
    import { endProcess } from ${JSON.stringify(import.meta.resolve('./end-process.js'))};
    readFile(${JSON.stringify(fifo)});
    await setTimeout(50);
    endProcess(7);
  `;
  // The time is for a process that never ends.
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  assert.equal(status, 7);
});
