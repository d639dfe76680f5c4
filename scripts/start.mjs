#!/usr/bin/env node
// npm start [-- arguments]: makes the checkout ready and runs `strata serve` in the foreground.
import { asCommand } from './lib/command.mjs';
import { at } from './lib/project.mjs';
import { become } from './lib/run.mjs';
import { setup } from './setup.mjs';

await asCommand(async () => {
  await setup();
  return become(process.execPath, [at('bin', 'strata'), 'serve', ...process.argv.slice(2)]);
});
