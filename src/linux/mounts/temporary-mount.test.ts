import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { isMountPoint } from './mount-point.js';
import { temporaryMount, temporaryMountPrefix } from './temporary-mount.js';

const tmpfs = (option: string) => [{ type: 'tmpfs', source: 'tmpfs', target: '', options: [option] }];

describe('temporaryMount', { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  it('is there as long as it is held, and leaves nothing, also when it cannot be made', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'strata-temporary-'));
    t.after(() => rmSync(directory, { recursive: true }));
    let path = '';
    {
      // What would make it lose files is left out.
      await using mounted = await temporaryMount(tmpfs('volatile'), { directory });
      path = mounted.path;
      assert.equal(isMountPoint(path), true);
      assert.ok(basename(path).startsWith(temporaryMountPrefix));
    }
    assert.equal(existsSync(path), false);
    await assert.rejects(temporaryMount(tmpfs('nonsense=1'), { directory }));
    assert.deepEqual(readdirSync(directory), []);
  });
});
