/**
 * The program that runs inside the second kernel: starts the daemon on a disk, reports what it finds there, and then puts
 * it under load until the power is cut.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from '../../../src/index.js';
import { strataCommand } from '../paths.js';
import { mustRun, run } from '../run.js';
import { canConnect } from '../server-process.js';
import { until } from '../until.js';
import { Journal } from './journal.js';
import { Caller } from './load.js';
import { observe, type Report } from './observation.js';
import { journalName, type Plan, reportName } from './plan.js';

async function main(plan: Plan): Promise<void> {
  const disk = path.join(tmpdir(), 'disk');
  mkdirSync(disk);
  await setWriteback(plan.generation);
  await mustRun('mount', ['-t', plan.format, '/dev/ubda', disk]);
  const address = await startDaemon(disk, plan);
  const client = connect({ address, namespace: 'default' });
  const directory = path.join(disk, 'root', 'io.containerd.snapshotter.v1.overlayfs', 'snapshots');
  const observation = await observe(client.snapshotter(), directory);
  const findings = plan.callers === 0 ? await check(address) : '';
  await report(path.join(plan.share, reportName), { ...observation, findings });
  if (plan.callers === 0) return;
  const callers = Array.from({ length: plan.callers }, (_, caller) => {
    const journal = new Journal(path.join(plan.share, journalName(caller)));
    return new Caller(client.snapshotter(), journal, `${plan.generation}/${caller}/`).run();
  });
  await Promise.all(callers);
}

/**
 * In turn: the kernel writes nothing by itself, since none of that was promised; or it writes whatever is a tenth of a second
 * old, so that a cut finds any part of what nobody has synchronised on the disk.
 */
async function setWriteback(generation: number): Promise<void> {
  const [every, age] = generation % 2 === 0 ? ['0', '3000'] : ['10', '10'];
  await writeFile('/proc/sys/vm/dirty_writeback_centisecs', every);
  await writeFile('/proc/sys/vm/dirty_expire_centisecs', age);
}

async function startDaemon(disk: string, { settings }: Plan): Promise<string> {
  const directory = path.join(tmpdir(), 'daemon');
  mkdirSync(directory);
  const config = path.join(directory, 'config.toml');
  const shown = '[plugins."io.containerd.snapshotter.v1.overlayfs"]\nupperdir_label = true';
  await writeFile(config, `version = 1\n${settings}\n${shown}\n`);
  const address = path.join(directory, 's.sock');
  const places = ['--root', path.join(disk, 'root'), '--state', path.join(directory, 'state'), '--address', address];
  const daemon = spawn(strataCommand, ['serve', '--config', config, ...places], { stdio: 'inherit' });
  daemon.on('exit', (status) => process.exit(status ?? 1));
  await until('the daemon answers', () => canConnect(address));
  return address;
}

/** What `strata check --deep` finds; empty when all is well. */
async function check(address: string): Promise<string> {
  const { status, stdout, stderr } = await run(strataCommand, ['--address', address, 'check', '--deep']);
  return status === 0 ? '' : stdout + stderr;
}

/** Puts a report where it survives the cut, whole or not at all. */
async function report(file: string, content: Report): Promise<void> {
  await using handle = await open(`${file}.part`, 'w');
  await handle.writeFile(JSON.stringify(content));
  await handle.sync();
  await rename(`${file}.part`, file);
}

await main(JSON.parse(process.argv[2] ?? '') as Plan);
process.exit(0);
