import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('./main.js', import.meta.url));

/** Runs the command in a process of its own, and lets a test have its standard output. */
async function run(args: readonly string[], read: (stdout: NodeJS.ReadableStream) => Promise<string>) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [status]] = await Promise.all([read(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, out, err };
}

describe('the process', () => {
  let device: FileHandle | undefined;
  /** A file on a full disk. */
  const full = async (): Promise<number> => {
    device ??= await open('/dev/full', 'w');
    return device.fd;
  };
  after(() => device?.close());

  it('ends with the status of the command', async () => {
    const { status, out, err } = await run(['nonsense'], text);
    assert.deepEqual([status, out, err], [2, '', "strata: unknown command 'nonsense'\n"]);
    assert.equal((await run(['--version'], text)).status, 0);
  });

  it('says so when its output cannot be written', async () => {
    for (const args of [['config', 'default'], ['--help'], ['version', '--json']]) {
      const { status, stderr } = spawnSync(process.execPath, [main, ...args], {
        stdio: ['ignore', await full(), 'pipe'],
      });
      const line = 'strata: resource exhausted: cannot write standard output: no space left on device\n';
      assert.deepEqual([status, String(stderr)], [1, line], args[0]);
    }
    assert.notEqual(spawnSync(process.execPath, [main, 'x'], { stdio: ['ignore', 'pipe', await full()] }).status, 0);
  });

  it('ends in silence when its reader goes away', async () => {
    const goAway = async (stdout: NodeJS.ReadableStream) => {
      Object(stdout).destroy();
      return '';
    };
    assert.deepEqual(await run(['config', 'default'], goAway), { status: 0, out: '', err: '' });
  });
});
