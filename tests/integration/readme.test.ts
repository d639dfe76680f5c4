/** The examples of the README, run as they stand there, but for where things are. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout } from '../support/paths.js';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { Strata } from '../support/strata.js';

scenario('the examples of the README', { needs: ['root', 'overlay'] }, async (running) => {
  const text = await readFile(path.join(checkout, 'README.md'), 'utf8');
  const examples = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, program = '']) => program);
  assert.equal(examples.length, 2);
  const [inProcess = '', throughDaemon = ''] = examples;
  const evaluate = (program: string) =>
    mustRun(process.execPath, ['--input-type=module', '--eval', program], { cwd: checkout });

  await running.step('work in a process of their own', async () => {
    const root = await running.directory();
    const said = await evaluate(inProcess.replace('/var/tmp/my-snapshots', root));
    assert.match(said, /type: 'overlay'/);
  });

  await running.step('work with a daemon', async () => {
    const strata = await Strata.start(running);
    await strata.must(['prepare', 'build']);
    await strata.must(['commit', 'base', 'build']);
    const said = await evaluate(throughDaemon.replace('/run/strata/strata.sock', strata.address));
    assert.match(said, /type: 'overlay'.*^sandbox-1 is gone$/ms);
  });
});
