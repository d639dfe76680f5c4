// Writes the documentation that is made from code. With --check it writes nothing and fails when a file differs.
// Needs a build: node scripts/build.mjs
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { renderCommandsMarkdown } from '../dist/cli/index.js';
import { renderMarkdown } from '../dist/daemon/index.js';

const pages = [
  { path: 'docs/configuration.md', render: renderMarkdown },
  { path: 'docs/commands.md', render: renderCommandsMarkdown },
];
const check = process.argv.includes('--check');

for (const { path, render } of pages) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const wanted = render();
  const present = await readFile(file, 'utf8').catch(() => undefined);
  if (present === wanted) continue;
  if (check) {
    console.error(`${path} is not what the code says; run: node scripts/docs.mjs`);
    process.exitCode = 1;
  } else {
    await writeFile(file, wanted);
    console.error(`wrote ${path}`);
  }
}
