import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { until } from '../../tests/support/until.js';
import { interruptible } from './interruption.js';

const interruption = new URL('./interruption.js', import.meta.url);
const writeFile = new URL('./write-file.js', import.meta.url);

/** Writes a file that never ends. */
const script = (file: string): string => `
  const { interruptible } = await import('${interruption}');
  const { writeWholeFile } = await import('${writeFile}');
  await interruptible(async (signal) => {
    async function* endless() {
      for (;;) {
        yield Buffer.alloc(16);
        await new Promise((resolve) => setTimeout(resolve, 5));
        signal.throwIfAborted();
      }
    }
    await writeWholeFile(${JSON.stringify(file)}, endless());
  });
`;

describe('work that can be interrupted', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`leaves nothing half-made at ${signal}, and ends by it`, async (t) => {
      const directory = await mkdtemp(path.join(tmpdir(), 'strata-interruption-'));
      t.after(() => rm(directory, { recursive: true }));
      const args = ['--input-type=module', '--eval', script(path.join(directory, 'file'))];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
      const ended = once(child, 'exit');
      await until('something is written', async () => (await readdir(directory)).length > 0);
      child.kill(signal);
      assert.deepEqual(await ended, [null, signal]);
      assert.deepEqual(await readdir(directory), []);
    });
  }

  it('gives back what it has, and listens to no signal afterwards', async () => {
    const before = process.listenerCount('SIGINT');
    assert.equal(await interruptible(async () => process.listenerCount('SIGINT')), before + 1);
    await assert.rejects(
      interruptible(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(process.listenerCount('SIGINT'), before);
  });
});
