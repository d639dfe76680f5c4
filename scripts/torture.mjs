#!/usr/bin/env node
import { asCommand } from './lib/command.mjs';
// npm run torture: kills a daemon under load again and again, and looks each time whether everything is there.
//
//   npm run torture                          2,000 kills
//   npm run torture -- --kills 100           fewer
//   npm run torture -- --seed 42             the plan of calls and kills of an earlier run
//   npm run torture -- --callers 4           fewer callers than 16
//   npm run torture -- --snapshotter btrfs   another back end: native, btrfs, blockfile or erofs
import { at } from './lib/project.mjs';
import { run } from './lib/run.mjs';
import { setup } from './setup.mjs';

await asCommand(async () => {
  await setup('tests');
  return run(process.execPath, [
    '--enable-source-maps',
    at('build', 'tests', 'torture', 'main.js'),
    ...process.argv.slice(2),
  ]);
});
