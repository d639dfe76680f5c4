import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type LoopFileSystem, loopFileSystem, whyNoLoopFileSystem } from './loop-file-system.js';

const isMounted = (path: string): boolean => readFileSync('/proc/self/mounts', 'latin1').includes(` ${path} `);

function isAttached({ device, path }: Pick<LoopFileSystem, 'device' | 'path'>): boolean {
  const file = `/sys/block/${basename(device)}/loop/backing_file`;
  return existsSync(file) && readFileSync(file, 'utf8').includes(path);
}

describe('loopFileSystem', () => {
  for (const type of ['ext4', 'xfs', 'btrfs'] as const) {
    it(`gives a ${type} and takes it away`, { skip: whyNoLoopFileSystem(type) }, async () => {
      let made: LoopFileSystem;
      {
        await using fs = await loopFileSystem({ type });
        made = fs;
        assert.ok(isMounted(fs.path) && isAttached(fs));
        await writeFile(join(fs.path, 'file'), 'content');
        assert.ok((await readdir(fs.path)).includes('file'));
      }
      assert.ok(!isMounted(made.path) && !isAttached(made) && !existsSync(made.path));
    });
  }

  it('leaves nothing of one whose process was killed', { skip: whyNoLoopFileSystem('ext4') }, async () => {
    const child = fork(fileURLToPath(new URL('./loop-file-system.test.child.js', import.meta.url)));
    const made = await new Promise<LoopFileSystem>((resolve) => child.once('message', resolve));
    assert.ok(isMounted(made.path) && isAttached(made));
    child.kill('SIGKILL');
    while (isMounted(made.path) || isAttached(made) || existsSync(made.path)) await delay(10);
  });
});
