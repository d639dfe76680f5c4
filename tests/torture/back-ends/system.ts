/** What the kernel has of a directory: mounts and loop devices. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mountsBelow } from '../../support/mounts.js';

/** The files below a directory that are behind loop devices, in order. */
export function loopFilesBelow(directory: string): string[] {
  const devices = readdirSync('/sys/block').filter((name) => name.startsWith('loop'));
  const files = devices.flatMap((name) => backingFile(name) ?? []);
  return files.filter((file) => file.startsWith(`${directory}/`)).sort();
}

function backingFile(device: string): string | undefined {
  try {
    return readFileSync(`/sys/block/${device}/loop/backing_file`, 'utf8').trim();
  } catch {
    // It is not attached to anything.
    return undefined;
  }
}

/** Looks whether exactly these directories are mount points, and no file is behind a loop device. */
export async function requireMounts(directory: string, points: readonly string[]): Promise<void> {
  assert.deepEqual((await mountsBelow(directory)).sort(), [...points].sort(), `mounts below ${directory}`);
}

/** Looks whether nothing is mounted below a directory, and no file in it is behind a loop device. */
export async function requireNoMounts(directory: string): Promise<void> {
  await requireMounts(directory, []);
  assert.deepEqual(loopFilesBelow(directory), [], 'loop devices');
}
