import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { at } from './lib/project.mjs';

/** A test that leaves a folder, a process that lets no signal end it, and a mount where it may; and goes on for ever. */
const endless = (/** @type {string} */ told) => `
  import { spawn, spawnSync } from 'node:child_process';
  import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
  import { test } from 'node:test';
  test('endless', async () => {
    const directory = mkdtempSync(process.env.TMPDIR + '/left-');
    spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]);
    const child = spawn('sh', ['-c', 'trap "" TERM INT HUP; while :; do sleep 1; done'], { detached: true, stdio: 'ignore' });
    writeFileSync(${JSON.stringify(`${told}.part`)}, process.env.TMPDIR + ' ' + child.pid);
    renameSync(${JSON.stringify(`${told}.part`)}, ${JSON.stringify(told)});
    await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
  });`;

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
  it(`takes everything away that tests have left when ${signal} ends it`, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'strata-run-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const [file, told] = [path.join(directory, 'endless.test.mjs'), path.join(directory, 'told')];
    writeFileSync(file, endless(told));
    const library = pathToFileURL(at('scripts', 'lib', 'test-run.mjs')).href;
    const program = `import { runTests } from '${library}'; await runTests(['${file}'], { concurrency: 1 });`;
    // A runner of node's does not run another one unless it does not know.
    const { NODE_TEST_CONTEXT, ...env } = process.env;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', program], { env, stdio: 'ignore' });
    const ended = once(runner, 'exit');
    while (!existsSync(told)) await delay(20);
    const [place = '', pid] = readFileSync(told, 'utf8').split(' ');
    runner.kill(signal);
    assert.deepEqual(await ended, [1, null]);
    assert.equal(existsSync(place), false);
    assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'latin1'), new RegExp(`${place}/`));
    // It may not have been waited for yet.
    assert.doesNotMatch(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout, /^[^Z]/);
  });
}
