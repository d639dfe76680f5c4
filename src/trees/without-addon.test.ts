import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

it('trees are synchronised and measured without the addon for system calls', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'strata-without-addon-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'hook.cjs'), withoutAddon);
  mkdirSync(join(directory, 'tree/inner'), { recursive: true });
  writeFileSync(join(directory, 'tree/inner/file'), 'x');
  const treeSyncUrl = new URL('./tree-sync.js', import.meta.url).href;
  const diskUsageUrl = new URL('./disk-usage.js', import.meta.url).href;
  const program = `
    const { syncTreeNow } = await import('${treeSyncUrl}');
    const { diskUsage } = await import('${diskUsageUrl}');
    const tree = ${JSON.stringify(join(directory, 'tree'))};
    console.log(JSON.stringify([
      syncTreeNow({ path: tree, parents: [], filesOnly: false }, () => false),
      (await diskUsage(tree)).inodes,
    ]));
    process.exit();`;
  writeFileSync(join(directory, 'program.mjs'), program);
  const args = ['--require', join(directory, 'hook.cjs'), join(directory, 'program.mjs')];
  const printed: unknown = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  assert.deepEqual(printed, [true, 3]);
});
