import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Containerd } from './containerd.js';
import { imageName } from './image.js';
import type { Scenario } from './scenario.js';
import type { Strata } from './strata.js';

/** The key of a container's snapshot, which containerd makes of the container's name. */
async function keyOf(call: (...args: readonly string[]) => Promise<string>, id: string): Promise<string> {
  const infos: unknown = JSON.parse(await call('ls', '--json'));
  assert.ok(Array.isArray(infos));
  const keys = infos.map((info: { readonly name?: unknown }) => String(info.name));
  const key = keys.find((each) => each.endsWith(`/${id}`));
  return key ?? assert.fail(`no snapshot of ${id}, only ${keys.join(' ')}`);
}

/**
 * Starts a container, mounts its snapshot with `strata mount` meanwhile, twice, and checks that container and mounts see the
 * same files, and that the container goes on when those mounts are gone.
 */
export async function lookInside(
  running: Scenario,
  { strata, containerd, snapshotter }: { strata: Strata; containerd: Containerd; snapshotter: string },
): Promise<void> {
  const call = (...args: readonly string[]) => strata.must(['--snapshotter', snapshotter, ...args]);
  const throughStrata = ['--snapshotter', 'strata'];
  await containerd.must(['run', '--detach', ...throughStrata, imageName, 'looked-at', 'sleep', '600']);
  const inside = (command: string) => containerd.exec('looked-at', '/bin/sh', '-c', command);
  const key = await keyOf(call, 'looked-at');
  const [one, two] = [await running.directory(), await running.directory()];
  for (const directory of [one, two]) await call('mount', key, directory);
  await inside('echo inside > /from-inside');
  assert.equal(await readFile(path.join(one, 'from-inside'), 'utf8'), 'inside\n');
  await writeFile(path.join(one, 'from-outside'), 'outside\n');
  await rm(path.join(two, 'data/replaced'));
  await strata.must(['umount', one]);
  assert.equal(await inside('cat /from-outside; ls /data/replaced 2>/dev/null; true'), 'outside\n');
  await strata.must(['umount', two]);
  assert.equal(await inside('rm /data/kept; echo again > /data/kept; cat /data/kept'), 'again\n');
  await containerd.must(['task', 'kill', '--signal', 'SIGKILL', 'looked-at']);
  await containerd.must(['task', 'rm', '--force', 'looked-at']);
  await containerd.must(['container', 'rm', 'looked-at']);
}
