/** The unit for systemd: what the daemon tells systemd, and that its rights are enough for all that can be configured. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { strataCommand } from '../support/paths.js';
import { mustRun } from '../support/run.js';
import { scenario } from '../support/scenario.js';
import { ServerProcess } from '../support/server-process.js';
import { addressIn, serveArguments } from '../support/strata.js';
import { asUnit, unitSetting } from '../support/systemd-unit.js';
import { until } from '../support/until.js';

const needs = ['root', 'setpriv', 'overlay', 'erofs', 'mkfs.erofs', 'mkfs.ext4'] as const;

const setting = `version = 1
[plugins."io.containerd.snapshotter.v1.erofs"]
set_immutable = true
`;

scenario('the daemon with the rights of its unit', { needs }, async (running) => {
  const directory = await running.directory();
  const config = path.join(directory, 'config.toml');
  await writeFile(config, setting);
  const [command = '', ...wrap] = asUnit();
  const address = addressIn(directory);
  const args = [...wrap, strataCommand, ...serveArguments(directory), '--address', address, '--config', config];
  await ServerProcess.start(running, { command, args, address });
  const strata = (...given: readonly string[]) => mustRun(strataCommand, ['--address', address, ...given]);
  const files = (name: string) => path.join(directory, 'root', `io.containerd.snapshotter.v1.${name}`, 'snapshots');
  const isGone = (file: string) =>
    access(file).then(
      () => false,
      () => true,
    );

  await running.step('makes layers that root cannot change, and deletes them', async () => {
    const erofs = ['--snapshotter', 'erofs'];
    await strata(...erofs, 'prepare', 'build');
    await strata(...erofs, 'commit', 'base', 'build');
    const [id = ''] = await readdir(files('erofs'));
    const image = path.join(files('erofs'), id, 'layer.erofs');
    await until('the layer is immutable', async () => /^\S*i/.test(await mustRun('lsattr', [image])));
    await strata(...erofs, 'rm', 'base');
    await until('the layer is gone', () => isGone(image));
  });

  await running.step('deletes what a container has protected', async () => {
    await strata('prepare', 'work');
    const [id = ''] = await readdir(files('overlayfs'));
    const file = path.join(files('overlayfs'), id, 'fs', 'file');
    await writeFile(file, 'text');
    await mustRun('chattr', ['+i', file]);
    await strata('rm', 'work');
    await until('the file is gone', () => isGone(file));
  });
});

/** Receives what a service says to systemd. Perl is on every Debian; Node has no sockets for it. */
const receiver = `
  use Socket; $| = 1;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
  bind($s, pack_sockaddr_un($ARGV[0])) or die $!;
  print "bound\\n";
  while (defined recv($s, my $text, 4096, 0)) { print "$text\\n"; }`;

scenario('a daemon that systemd starts', {}, async (running) => {
  assert.deepEqual(unitSetting('Type'), ['notify']);
  const directory = await running.directory();
  const socket = path.join(directory, 'notify');
  const systemd = spawn('perl', ['-e', receiver, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.defer(() => void systemd.kill('SIGKILL'));
  const lines = createInterface(systemd.stdout)[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  assert.equal(await next(), 'bound');
  const server = await ServerProcess.start(running, {
    command: strataCommand,
    args: [...serveArguments(directory), '--address', addressIn(directory)],
    address: addressIn(directory),
    env: { NOTIFY_SOCKET: socket },
  });

  await running.step('says when it answers, what it does at SIGUSR1, and when it stops', async () => {
    assert.equal(await next(), 'READY=1');
    server.signal('SIGUSR1');
    server.signal('SIGTERM');
    assert.equal(await next(), 'STOPPING=1');
    assert.equal(await server.ended, 0);
    assert.match(server.log(), /what the daemon is doing/);
  });
});
