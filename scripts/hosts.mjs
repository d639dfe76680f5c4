#!/usr/bin/env node
import { rmSync } from 'node:fs';
import { asCommand } from './lib/command.mjs';
// npm run hosts: the tests against containerd and Docker of another Debian than this, which are fetched again.
//
//   npm run hosts              trixie's, as npm test does
//   npm run hosts -- sid       those of today
import { at } from './lib/project.mjs';
import { run, StepFailed } from './lib/run.mjs';

await asCommand(async () => {
  const suite = process.argv[2] ?? 'trixie';
  if (suite !== 'trixie' && suite !== 'sid') throw new StepFailed('usage: npm run hosts [-- trixie|sid]');
  rmSync(at('build', 'hosts', suite), { recursive: true, force: true });
  const env = { STRATA_HOSTS: suite, STRATA_REQUIRE_INTEGRATION: '1' };
  return run(process.execPath, [at('scripts', 'test.mjs'), 'integration', 'hosts'], { env });
});
