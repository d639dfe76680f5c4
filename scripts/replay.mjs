#!/usr/bin/env node
import { asCommand } from './lib/command.mjs';
// npm run replay: records what Strata writes and synchronises, makes the disks that a power cut could have left at any
// moment, and starts Strata on each.
//
//   npm run replay                            for ten minutes
//   npm run replay -- --seconds 60            for another time
//   npm run replay -- --states 5000           up to so many states of each recording, instead of 1,000
//   npm run replay -- --seed 42               the programs and states of an earlier run
//   npm run replay -- --durability none       with another setting; that loses something, and shows it
//   npm run replay -- --break layers-unsynced with something done wrong (tests/support/replay/breakages.ts)
import { at } from './lib/project.mjs';
import { run } from './lib/run.mjs';
import { provideSystemPackages } from './lib/system-packages.mjs';
import { setup } from './setup.mjs';

await asCommand(async () => {
  await setup('tests');
  await provideSystemPackages({ names: ['strace'], purpose: 'recordings', without: 'nothing can be recorded' });
  const program = at('build', 'tests', 'support', 'replay', 'main.js');
  return run(process.execPath, ['--enable-source-maps', program, ...process.argv.slice(2)]);
});
