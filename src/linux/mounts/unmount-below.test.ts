import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { mountAll, unmountAll } from './mount.js';
import { isMountPoint } from './mount-point.js';
import { unmountBelow } from './unmount-below.js';

const needsRoot = { skip: process.geteuid?.() !== 0 && 'needs root' };

async function memoryAt(directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: ['size=64k'] }], directory);
}

/** A directory whose entries are unmounted and deleted after the test. */
function newDirectory(t: TestContext): string {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'strata-below-')));
  t.after(async () => {
    for (const name of readdirSync(directory)) await unmountAll(path.join(directory, name), { detach: true });
    rmSync(directory, { recursive: true });
  });
  return directory;
}

describe('unmountBelow', () => {
  it('takes away what is mounted below, on top of each other and inside one another', needsRoot, async (t) => {
    const directory = newDirectory(t);
    const points = ['one', 'with space', 'one/inner'].map((name) => path.join(directory, name));
    for (const point of points) await memoryAt(point);
    await memoryAt(path.join(directory, 'with space'));
    await unmountBelow(directory);
    assert.deepEqual(points.filter(isMountPoint), []);
  });

  it('leaves the directory itself and its neighbours', needsRoot, async (t) => {
    const directory = newDirectory(t);
    const [top, beside] = [path.join(directory, 'top'), path.join(directory, 'top-beside')];
    for (const point of [top, beside]) await memoryAt(point);
    await unmountBelow(top);
    assert.ok(isMountPoint(top) && isMountPoint(beside));
  });

  it('is content with a directory that is not there', () => unmountBelow('/nowhere/at/all'));
});
