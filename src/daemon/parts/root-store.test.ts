import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FailedPreconditionError } from '../../errors/index.js';
import { openLmdbStore } from '../../store/index.js';
import { claimFace, faceOf } from './face.js';
import { openRootStore, storeContent, storeDirectory } from './root-store.js';

async function temporaryRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'strata-root-store-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** As programs opened it that knew of no log. */
function openFormat1(root: string) {
  return openLmdbStore({ path: storeDirectory(root), tables: storeContent.tables, formatVersion: 1 });
}

describe('the store of a root', () => {
  it('is taken over from programs without a log, with its records, and refused by them afterwards', async (t) => {
    const root = await temporaryRoot(t);
    const first = await openFormat1(root);
    await claimFace(first, 'proxy');
    await first.close();
    const store = await openRootStore(root, undefined);
    assert.equal(faceOf(store), 'proxy');
    await store.close();
    await assert.rejects(openFormat1(root), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, /has format 2, this program knows up to 1: failed precondition$/);
      return true;
    });
  });
});
