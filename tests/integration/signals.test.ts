/** What signals do to the daemon, at every moment of its life. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { constants, mkdir, open, readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endingOf } from '../support/ending.js';
import { strataCommand } from '../support/paths.js';
import { scenario } from '../support/scenario.js';
import { canConnect } from '../support/server-process.js';
import { addressIn, Strata, serveArguments } from '../support/strata.js';
import { until } from '../support/until.js';

const SIGUSR1 = 10;

/** Whether a process does something of its own at SIGUSR1, or ignores it: from then on it is not killed by it. */
async function survivesUsr1(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return ['SigCgt', 'SigIgn'].some((field) => {
    const mask = BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
    return ((mask >> BigInt(SIGUSR1 - 1)) & 1n) === 1n;
  });
}

/** The local addresses on which a process listens over TCP, as /proc shows them. */
async function listeners(pid: number): Promise<string[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  );
  const names = await readdir(`/proc/${pid}/fd`);
  const open = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  return rows
    .filter(([, , , state, , , , , , inode]) => state === '0A' && open.includes(`socket:[${inode}]`))
    .map(([, address = '']) => address);
}

/** Sends a process SIGUSR1 without a pause, from the moment that it does not die of it, until it is told to stop. */
async function pester(pid: number, signal: AbortSignal): Promise<number> {
  let sent = 0;
  while (!signal.aborted && !(await survivesUsr1(pid))) await delay(0);
  while (!signal.aborted) {
    process.kill(pid, 'SIGUSR1');
    sent++;
    await delay(1);
  }
  return sent;
}

scenario('SIGUSR1', {}, async (running) => {
  await running.step('never leaves a debugger open, from the start of the daemon to its end', async () => {
    const directory = await running.directory();
    const args = [...serveArguments(directory), '--address', addressIn(directory)];
    const daemon = spawn(strataCommand, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    running.defer(() => void daemon.kill('SIGKILL'));
    const log: Buffer[] = [];
    daemon.stderr.on('data', (chunk: Buffer) => log.push(chunk));
    const ending = endingOf(daemon);
    const pid = daemon.pid ?? 0;
    const enough = new AbortController();
    const sending = pester(pid, enough.signal);
    await until('the daemon answers', () => canConnect(addressIn(directory)));
    await until('the daemon says what it does', () => Buffer.concat(log).includes('what the daemon is doing'));
    assert.deepEqual(await listeners(pid), []);
    enough.abort();
    assert.ok((await sending) > 0);
    daemon.kill('SIGTERM');
    assert.equal((await ending).status, 0);
  });

  await running.step('says what a call that takes long is about', async () => {
    const strata = await Strata.start(running);
    const events = spawn(strataCommand, ['--address', strata.address, 'events'], { stdio: 'ignore' });
    running.defer(() => void events.kill('SIGKILL'));
    await until('the daemon says that there is a subscriber', () => {
      strata.server.signal('SIGUSR1');
      return strata.server.log().includes('"method":"/containerd.services.events.v1.Events/Subscribe"');
    });
    assert.match(strata.server.log(), /"snapshotter":"overlayfs","status":"\w+".*"msg":"back end"/);
    events.kill('SIGUSR1');
    await delay(100);
    assert.deepEqual(await listeners(events.pid ?? 0), []);
    assert.equal(events.exitCode, null);
    events.kill('SIGTERM');
    await endingOf(events);
  });
});

scenario('a signal that ends the daemon', {}, async (running) => {
  await running.step('SIGHUP ends it in good order', async () => {
    const strata = await Strata.start(running);
    strata.server.signal('SIGHUP');
    assert.equal(await strata.server.ended, 0);
    assert.equal(await canConnect(strata.address), false);
    assert.match(strata.server.log(), /"msg":"stopped"/);
  });

  await running.step('SIGTERM ends a start that hangs in a system call', async () => {
    const directory = await running.directory();
    const introspection = path.join(directory, 'root', 'io.containerd.grpc.v1.introspection');
    await mkdir(introspection, { recursive: true });
    const pipe = path.join(introspection, 'uuid');
    execFileSync('mkfifo', [pipe]);
    const daemon = spawn(strataCommand, [...serveArguments(directory), '--address', addressIn(directory)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    running.defer(() => void daemon.kill('SIGKILL'));
    const log: Buffer[] = [];
    daemon.stderr.on('data', (chunk: Buffer) => log.push(chunk));
    running.onFailure(() => Buffer.concat(log).toString());
    const ending = endingOf(daemon);
    // It can be opened once somebody reads; while it is open, with nothing written to it, the reader waits.
    await until('the start reads from the pipe', async () => {
      const writer = await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
      if (writer !== undefined) running.defer(() => writer.close());
      return writer !== undefined;
    });
    daemon.kill('SIGUSR1');
    daemon.kill('SIGTERM');
    assert.equal((await ending).status, 1);
    assert.match(
      Buffer.concat(log).toString(),
      /"msg":"starting".*"msg":"did not stop in time; ending with work in flight"/s,
    );
  });
});
