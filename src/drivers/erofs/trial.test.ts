import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { whyNoErofs } from '../../../tests/support/erofs-root.js';
import { NotImplementedError } from '../../errors/index.js';
import { mountAll, unmountAll } from '../../linux/index.js';
import { triesImage, triesImmutable, triesVerity } from './trial.js';

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-erofs-trial-'));
  t.after(() => rmSync(root, { recursive: true }));
  return root;
}

describe('what erofs tries at the start', { skip: whyNoErofs() }, () => {
  it('mounts an image, and leaves nothing, whatever a killed process left', async (t) => {
    const root = place(t);
    mkdirSync(join(root, 'trial', 'files'), { recursive: true });
    assert.equal(typeof (await triesImage(root)).loop, 'boolean');
    assert.equal(existsSync(join(root, 'trial')), false);
  });

  it('says what a file system cannot', async (t) => {
    const root = place(t);
    await mountAll([{ type: 'tmpfs', source: 'tmpfs', target: '', options: [] }], root);
    try {
      await assert.rejects(triesVerity(root), NotImplementedError);
      await triesImmutable(root).catch((error: unknown) => assert.ok(error instanceof NotImplementedError));
    } finally {
      await unmountAll(root);
    }
  });
});
