/** How the daemon starts, stops, and shares the machine. */
import assert from 'node:assert/strict';
import { chmod, chown, lstat, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkout, strataCommand } from '../support/paths.js';
import { run } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { addressIn, Strata, serveArguments } from '../support/strata.js';

scenario('the life of the daemon', {}, async (running) => {
  const strata = await Strata.start(running);
  const serve = (directory: string, ...args: readonly string[]) =>
    run(strataCommand, [...serveArguments(directory), '--address', addressIn(directory), ...args]);

  await running.step('its socket is for its owner alone', async () => {
    assert.equal((await lstat(strata.address)).mode & 0o777, 0o600);
  });

  await running.step('a second daemon on the same socket is refused, and the first goes on', async () => {
    const other = await running.directory();
    const { status, stderr } = await run(strataCommand, [...serveArguments(other), '--address', strata.address]);
    assert.equal(status, 1);
    assert.match(stderr, /^strata: already exists: cannot listen on .*: another daemon listens there\n$/m);
    assert.equal((await strata.run(['ls'])).status, 0);
  });

  await running.step('a second daemon on the same root is refused, and the first goes on', async () => {
    const args = [...serveArguments(strata.directory), '--address', path.join(strata.directory, 'other.sock')];
    const { status, stderr } = await run(strataCommand, args);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`is in use by process ${strata.server.pid}`));
    assert.equal((await strata.run(['ls'])).status, 0);
  });

  await running.step('a file in the place of the socket is left alone', async () => {
    const directory = await running.directory();
    await writeFile(addressIn(directory), 'precious');
    const { status, stderr } = await serve(directory);
    assert.equal(status, 1);
    assert.match(stderr, /no socket/);
  });

  await running.step('a bad configuration is refused, with place and key', async () => {
    const directory = await running.directory();
    const file = path.join(directory, 'config.toml');
    await writeFile(file, 'version = 1\nrot = "/x"\n');
    const { status, stderr } = await serve(directory, '--config', file);
    assert.notEqual(status, 0);
    assert.match(stderr, /config\.toml.*rot/);
  });

  await running.step('SIGTERM ends it with 0 and takes the socket away', async () => {
    await strata.must(['prepare', 'kept']);
    assert.equal(await strata.stop(), 0);
    await assert.rejects(lstat(strata.address), { code: 'ENOENT' });
  });

  await running.step('it finds everything again, also after it was killed, and replaces the stale socket', async () => {
    await strata.startAgain();
    await strata.kill();
    assert.equal((await lstat(strata.address)).isSocket(), true);
    await strata.startAgain();
    assert.match(await strata.must(['info', 'kept']), /Kind:\s+active/);
  });

  await running.step('both modes keep their snapshots apart on one root', async () => {
    await strata.stop();
    const proxy = await Strata.start(running, { directory: strata.directory, proxy: true });
    assert.equal(await proxy.must(['ls', '--json']), '[]\n');
    const refused = await proxy.run(['prepare', 'kept']);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /use "ctr -n default snapshots --snapshotter strata prepare kept", or --force\n$/);
    await proxy.must(['prepare', 'kept', '--force']);
    await proxy.must(['rm', 'kept', '--force']);
    await proxy.stop();
    await strata.startAgain();
    assert.match(await strata.must(['info', 'kept']), /Kind:\s+active/);
  });
});

scenario('the daemon of a user without privileges', { needs: ['root', 'setpriv'] }, async (running) => {
  const home = await running.directory();
  const nobody = 65_534;
  await chown(home, nobody, nobody);
  await chmod(home, 0o700);
  await mkdir(path.join(home, 'run'));
  await chown(path.join(home, 'run'), nobody, nobody);
  const environment = {
    HOME: home,
    XDG_DATA_HOME: `${home}/data`,
    XDG_RUNTIME_DIR: `${home}/run`,
    XDG_CONFIG_HOME: `${home}/config`,
  };
  const program = `
    const { spawn, execFileSync } = require('node:child_process');
    const strata = ${JSON.stringify(strataCommand)};
    const daemon = spawn(strata, ['serve'], { stdio: ['ignore', 'inherit', 'inherit'] });
    const call = (...args) => execFileSync(strata, args, { encoding: 'utf8' });
    const attempt = (left) => { try { return call('ls'); } catch (error) {
      if (left === 0) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      return attempt(left - 1);
    } };
    attempt(600);
    call('prepare', 'build'); call('commit', 'base', 'build'); call('prepare', 'work', 'base');
    process.stdout.write(call('mounts', 'work', '/mnt'));
    call('rm', 'work', 'base');
    daemon.on('exit', (status) => process.exit(status));
    daemon.kill('SIGTERM');`;

  await running.step('works in the user’s own directories', async () => {
    const args = [
      '--reuid',
      String(nobody),
      '--regid',
      String(nobody),
      '--clear-groups',
      process.execPath,
      '-e',
      program,
    ];
    const { status, stdout, stderr } = await run('setpriv', args, { env: environment, cwd: checkout });
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^mount -t overlay overlay /mnt -o workdir=${home}/data/strata/`, 'm'));
  });
});
