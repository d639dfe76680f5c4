/** What the kernel has of a directory: mounts and loop devices. */
import assert from 'node:assert/strict';
import { mountsBelow, untilNothingIsAttachedBelow } from '../../support/mounts.js';

/** Looks whether exactly these directories are mount points, and no file is behind a loop device. */
export async function requireMounts(directory: string, points: readonly string[]): Promise<void> {
  assert.deepEqual((await mountsBelow(directory)).sort(), [...points].sort(), `mounts below ${directory}`);
}

/** Looks whether nothing is mounted below a directory, and no file in it is behind a loop device. */
export async function requireNoMounts(directory: string): Promise<void> {
  await requireMounts(directory, []);
  await untilNothingIsAttachedBelow(directory);
}
