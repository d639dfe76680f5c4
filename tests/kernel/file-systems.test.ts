/** What the second kernel is there for: project quotas, and the targets of the device mapper. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { mustRun } from '../support/run.js';
import { disks } from '../support/second-kernel/index.js';

for (const type of ['ext4', 'xfs'] as const) {
  test(`${type} is mounted with project quotas`, async (t) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'quota-'));
    await mustRun('mount', ['-t', type, '-o', 'prjquota', disks[type], directory]);
    t.after(async () => {
      await mustRun('umount', [directory]);
      await rmdir(directory);
    });
    const line = (await readFile('/proc/mounts', 'utf8')).split('\n').find((each) => each.includes(` ${directory} `));
    assert.match(line ?? '', /[ ,]prjquota[ ,]/);
  });
}

test('the targets of the device mapper are there', async () => {
  const targets = await mustRun('dmsetup', ['targets']);
  for (const target of ['thin', 'thin-pool', 'linear', 'error', 'flakey']) {
    assert.match(targets, new RegExp(`^${target} +v`, 'm'));
  }
});
