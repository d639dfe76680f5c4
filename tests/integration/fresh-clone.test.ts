/** What somebody does first, on a machine whose Node is too old: clone, start, look. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { oldNode, onNode } from '../support/old-node.js';
import { checkout } from '../support/paths.js';
import { mustRun, run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { ServerProcess } from '../support/server-process.js';
import { addressIn, serveArguments } from '../support/strata.js';
import { until } from '../support/until.js';

scenario('a fresh clone', { needs: ['git', 'old node'] }, async (running) => {
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
      env: { ...onNode(oldNode), STRATA_ADDRESS: address },
    });

  const version = () =>
    run(path.join(clone, 'bin/strata'), ['--address', address, 'version'], { env: onNode(oldNode) });

  await running.step(
    'npm start fetches a newer Node, installs, builds, serves, and says where and what to try',
    async () => {
      const server = await start();
      await until('it says that it listens', () => server.log().includes('Ctrl-C ends it.'));
      assert.match(
        server.log(),
        /^strata: Strata needs Node 22\.15 or newer, and this is Node 20\..*; fetching Node 24\./m,
      );
      assert.match(server.log(), new RegExp(`serves containerd's snapshots API on ${address}`));
      assert.match(server.log(), /bin\/strata .*prepare/);
      const { stdout, stderr } = await version();
      assert.match(stdout, /^Node: +24\..*^Server:/ms);
      assert.equal(stderr, '');
      assert.equal(await stop(server), 0);
    },
  );

  await running.step('and again, without fetching, installing or building', async () => {
    const server = await start();
    await until('it says that it listens', () => server.log().includes('Ctrl-C ends it.'));
    assert.doesNotMatch(server.log(), /fetching|installing|compiling/);
    assert.match(server.log(), /^strata: going on with Node 24\./m);
    assert.equal(await stop(server), 0);
  });

  await running.step('a signal to bin/strata reaches the daemon, which ends as it should', async () => {
    const server = await ServerProcess.start(running, {
      command: path.join(clone, 'bin/strata'),
      args: [...serveArguments(directory), '--address', address],
      address,
      env: onNode(oldNode),
    });
    assert.equal(await server.stop(), 0);
  });
});
