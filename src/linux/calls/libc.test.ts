import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';

/** What `require` does on a platform that the addon is not built for. */
const withoutAddon = `
  const Module = require('node:module');
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    if (request === 'koffi') throw new Error('not built for this');
    return resolve.call(this, request, ...rest);
  };`;

it('does without the addon what can be done without it, and says what cannot', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'strata-libc-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'hook.cjs'), withoutAddon);
  const libcUrl = new URL('./libc.js', import.meta.url).href;
  const groupSyncUrl = new URL('../sync/group-sync.js', import.meta.url).href;
  const program = `
    const { libc, canCallSystem } = await import('${libcUrl}');
    const { GroupSync } = await import('${groupSyncUrl}');
    await new GroupSync(${JSON.stringify(directory)}).sync();
    const attempt = () => { try { return libc(); } catch (error) { return error.message + '; ' + error.cause.message; } };
    console.log(JSON.stringify([
      canCallSystem(),
      attempt(),
    ]));
    process.exit();`;
  const args = ['--require', join(directory, 'hook.cjs'), '--input-type=module', '--eval', program];
  const printed: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  const why = 'cannot load the addon for system calls: not implemented; not built for this';
  assert.deepEqual(printed, [false, why]);
});
