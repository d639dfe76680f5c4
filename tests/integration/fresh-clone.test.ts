/** What somebody does first: clone, start, look. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { checkout } from '../support/paths.js';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { ServerProcess } from '../support/server-process.js';
import { addressIn, serveArguments } from '../support/strata.js';
import { until } from '../support/until.js';

scenario('a fresh clone', { needs: ['git'] }, async (running) => {
  const directory = await running.directory();
  const clone = path.join(directory, 'clone');
  await mustRun('git', ['clone', '--quiet', checkout, clone]);
  const address = addressIn(directory);
  const [, ...args] = serveArguments(directory);
  /** npm ends with the signal that it gets, so the daemon gets it, and npm ends as the daemon does. */
  const stop = async (server: ServerProcess) => {
    process.kill(Number(/"pid":(\d+)/.exec(server.log())?.[1]), 'SIGTERM');
    return server.ended;
  };
  const start = () =>
    ServerProcess.start(running, {
      command: 'npm',
      args: ['--prefix', clone, 'start', '--', ...args, '--address', address],
      address,
      env: { STRATA_ADDRESS: address },
    });

  await running.step('npm start installs, builds, serves, and says where and what to try', async () => {
    const server = await start();
    await until('it says that it listens', () => server.log().includes('Ctrl-C ends it.'));
    assert.match(server.log(), new RegExp(`serves containerd's snapshots API on ${address}`));
    assert.match(server.log(), /bin\/strata .*prepare/);
    assert.match(await mustRun(path.join(clone, 'bin/strata'), ['--address', address, 'version']), /Server:/);
    assert.equal(await stop(server), 0);
  });

  await running.step('and again, without installing or building', async () => {
    const server = await start();
    await until('it says that it listens', () => server.log().includes('Ctrl-C ends it.'));
    assert.doesNotMatch(server.log(), /installing|compiling/);
    assert.equal(await stop(server), 0);
  });
});
