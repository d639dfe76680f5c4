/** Namespaces of containerd for tests, and what is left of them outside of the directories of a test. */
import { randomBytes } from 'node:crypto';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A name that no other containerd on this machine uses, since control groups and runc's folders are named after it. It begins
 * with the name of the folder for temporary files, by which `npm test` finds them after tests that were ended from outside.
 */
export function newNamespace(): string {
  return `${path.basename(tmpdir()).replaceAll(/[^A-Za-z0-9]+/g, '-')}-${randomBytes(4).toString('hex')}`;
}

/** Removes what those that run containers leave behind: empty control groups, with those below, and a folder of runc. */
export async function removeNamespace(namespace: string): Promise<void> {
  const hierarchies = await readdir('/sys/fs/cgroup').catch(() => []);
  for (const hierarchy of ['', ...hierarchies]) await removeGroup(path.join('/sys/fs/cgroup', hierarchy, namespace));
  await rm(path.join('/run/containerd/runc', namespace), { recursive: true, force: true });
}

async function removeGroup(group: string): Promise<void> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(path.join(group, entry.name));
  await rmdir(group).catch(() => {});
}
