#!/usr/bin/env node
// npm run bench: measures our daemon against containerd's, with what --help says.
import { readOptions, usage } from '../bench/options.mjs';
import { asCommand } from './lib/command.mjs';
import { at } from './lib/project.mjs';
import { setup } from './setup.mjs';

await asCommand(async () => {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const ofThisCheckout = options.backEnds || options.strata === at('bin', 'strata');
  await setup(ofThisCheckout ? 'sources' : 'packages');
  // It measures parts of dist/, which are there only now.
  const { main } = await import('../bench/main.mjs');
  await main(options, args);
  return 0;
});
