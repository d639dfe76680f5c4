import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

/** Runs the command in a process of its own, and lets a test have its standard output. */
async function run(args: readonly string[], read: (stdout: NodeJS.ReadableStream) => Promise<string>) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [status]] = await Promise.all([read(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, out, err };
}

describe('the process', () => {
  it('ends with the status of the command', async () => {
    const { status, out, err } = await run(['nonsense'], text);
    assert.deepEqual([status, out, err], [2, '', "strata: unknown command 'nonsense'\n"]);
    assert.equal((await run(['--version'], text)).status, 0);
  });

  it('ends in silence when its reader goes away', async () => {
    const goAway = async (stdout: NodeJS.ReadableStream) => {
      Object(stdout).destroy();
      return '';
    };
    assert.deepEqual(await run(['config', 'default'], goAway), { status: 0, out: '', err: '' });
  });
});
