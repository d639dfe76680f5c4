#!/usr/bin/env node
// npm run check: everything that has to hold before a change is handed over, each step with its time.
//
//   npm run check              all steps, then the tests
//   npm run check -- --fast    without the tests
import { existsSync } from 'node:fs';
import path from 'node:path';
import { asCommand } from './lib/command.mjs';
import { at, root, tool } from './lib/project.mjs';
import { capture, run, seconds } from './lib/run.mjs';
import { setup } from './setup.mjs';

/** @typedef {{ name: string, command: string, args: readonly string[] }} Step */

const node = process.execPath;

/** @type {readonly Step[]} */
const steps = [
  { name: 'format and lint', command: tool('biome'), args: ['check', '.'] },
  { name: 'compile src', command: node, args: [at('scripts', 'setup.mjs'), 'sources'] },
  { name: 'compile tests', command: node, args: [at('scripts', 'setup.mjs'), 'tests'] },
  { name: 'types of scripts', command: tool('tsc'), args: ['-p', at('scripts', 'tsconfig.json')] },
  { name: 'import rules', command: node, args: [at('scripts', 'lint-imports.mjs')] },
  { name: 'forbidden calls', command: node, args: [at('scripts', 'lint-calls.mjs')] },
  { name: 'docstrings', command: node, args: [at('scripts', 'lint-docs.mjs')] },
  ...optional({ name: 'generated code', script: 'generate.mjs', args: ['--check'] }),
  ...optional({ name: 'generated docs', script: 'docs.mjs', args: ['--check'] }),
];

/**
 * A step by one of our scripts, when the checkout has it.
 * @param {{ name: string, script: string, args: readonly string[] }} step
 * @returns {readonly Step[]}
 */
function optional({ name, script, args }) {
  const file = at('scripts', script);
  return existsSync(file) ? [{ name, command: node, args: [file, ...args] }] : [];
}

/** Runs a step; what it printed is shown only when it failed. @param {Step} step */
async function perform({ name, command, args }) {
  const start = performance.now();
  const { status, output } = await capture(command, args);
  const passed = status === 0;
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(18)} ${seconds(start)}\n`);
  const line = [path.basename(command), ...args.map((arg) => (path.isAbsolute(arg) ? path.relative(root, arg) : arg))];
  if (!passed) process.stdout.write(`       ${line.join(' ')}\n${output}\n`);
  return passed;
}

await asCommand(async () => {
  await setup('packages');
  let failed = 0;
  for (const step of steps) failed += (await perform(step)) ? 0 : 1;
  if (failed > 0) {
    process.stdout.write(`${failed} of ${steps.length} checks failed\n`);
    return 1;
  }
  return process.argv.includes('--fast') ? 0 : run(node, [at('scripts', 'test.mjs')]);
});
