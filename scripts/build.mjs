#!/usr/bin/env node
import { asCommand } from './lib/command.mjs';
// npm run build: compiles src/ into dist/ when it is not up to date.
import { setup } from './setup.mjs';

await asCommand(async () => {
  await setup();
  return 0;
});
