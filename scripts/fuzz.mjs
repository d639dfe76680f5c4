#!/usr/bin/env node
import { asCommand } from './lib/command.mjs';
// npm run fuzz: gives every part of the daemon that takes input from outside what it does not expect.
//
//   npm run fuzz                                each target for a minute
//   npm run fuzz -- --target filters            messages, http2, filters, configurations, store-files, directories, archives or layers alone
//   npm run fuzz -- --seconds 600               longer
//   npm run fuzz -- --seed 42 --attempts 1      what a failure named
import { at } from './lib/project.mjs';
import { run } from './lib/run.mjs';
import { setup } from './setup.mjs';

await asCommand(async () => {
  await setup('tests');
  return run(process.execPath, [
    '--enable-source-maps',
    at('build', 'tests', 'fuzz', 'main.js'),
    ...process.argv.slice(2),
  ]);
});
