import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { NotImplementedError, PermissionDeniedError, UnknownError } from '../../errors/index.js';
import { cannotTry, mountsWithMappedIds, mountsWithUserXattr, tryOverlay } from './trial-mount.js';

const needsRoot = process.geteuid?.() !== 0 && 'needs root';

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-trial-mount-'));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

describe('trial mounts', { skip: needsRoot }, () => {
  it('tell what this kernel can do, and leave nothing', async (t) => {
    const root = place(t);
    await tryOverlay(root);
    assert.equal(typeof (await mountsWithUserXattr(root)), 'boolean');
    const mapped = await mountsWithMappedIds(root);
    assert.equal(await mountsWithMappedIds(root), mapped, 'it is asked once for each file system');
    assert.deepEqual(readdirSync(root), []);
  });

  it('tell why overlay cannot be mounted', async (t) => {
    await assert.rejects(tryOverlay(join(place(t), 'a:b')));
  });
});

describe('cannotTry', () => {
  it('is what this process lacks, and nothing else', () => {
    assert.equal(cannotTry(new PermissionDeniedError('')), true);
    assert.equal(cannotTry(new NotImplementedError('')), true);
    assert.equal(cannotTry(new UnknownError('')), false);
  });
});
