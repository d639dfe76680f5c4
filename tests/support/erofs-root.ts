import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findProgram, unmountAll } from '../../src/linux/index.js';
import { toldReasonToSkip } from './needs/told.js';

/** Why erofs cannot be tried here, for the `skip` of a test; false when it can. */
export function whyNoErofs(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  return findProgram('mkfs.erofs') === undefined ? 'needs mkfs.erofs' : toldReasonToSkip('erofs');
}

/** The mount points below a directory, in the order of mounting. */
export function mountsBelow(directory: string): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  return lines.map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${directory}/`));
}

/** A path for a driver's root, whose mounts and files go with the test. */
export function newRoot(t: TestContext): string {
  const top = mkdtempSync(join(tmpdir(), 'strata-erofs-'));
  t.after(async () => {
    for (const point of mountsBelow(top).reverse()) await unmountAll(point, { detach: true });
    rmSync(top, { recursive: true, force: true });
  });
  return join(top, 'root');
}
