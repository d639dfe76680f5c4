#!/usr/bin/env node
// Writes the documentation that is made from code. With --check it writes nothing and fails when a file differs.
// Needs a build: node scripts/build.mjs
import { readFile, writeFile } from 'node:fs/promises';
import { asCommand } from './lib/command.mjs';
import { at } from './lib/project.mjs';
import { say } from './lib/run.mjs';

const check = process.argv.includes('--check');

await asCommand(async () => {
  // Not at the top: these run only on a Node that is new enough.
  const { renderCommandsMarkdown } = await import('../dist/cli/index.js');
  const { renderMarkdown } = await import('../dist/daemon/index.js');
  const written = [
    await bringUpToDate('docs/configuration.md', renderMarkdown()),
    await bringUpToDate('docs/commands.md', await renderCommandsMarkdown()),
  ];
  return check && written.includes(true) ? 1 : 0;
});

/** Whether a page was not what it should be. @param {string} page @param {string} wanted */
async function bringUpToDate(page, wanted) {
  const present = await readFile(at(page), 'utf8').catch(() => undefined);
  if (present === wanted) return false;
  if (!check) await writeFile(at(page), wanted);
  say(check ? `${page} is not what the code says; run: node scripts/docs.mjs` : `wrote ${page}`);
  return true;
}
