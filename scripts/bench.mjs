#!/usr/bin/env node
// npm run bench: measures our daemon against containerd's, with what --help says.
import { main } from '../bench/main.mjs';
import { readOptions, usage } from '../bench/options.mjs';
import { at } from './lib/project.mjs';
import { asCommand } from './lib/run.mjs';
import { setup } from './setup.mjs';

await asCommand(async () => {
  const args = process.argv.slice(2);
  const options = readOptions(args);
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const ofThisCheckout = options.micro || options.backEnds || options.sync || options.strata === at('bin', 'strata');
  await setup(ofThisCheckout ? 'sources' : 'packages');
  await main(options, args);
  return 0;
});
