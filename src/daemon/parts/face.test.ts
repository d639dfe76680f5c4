import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { SnapshotTree, snapshotTables } from '../../snapshots/index.js';
import { claimFace, faceTable } from './face.js';

async function open(t: TestContext) {
  const temporary = await temporaryStore([...snapshotTables, faceTable]);
  t.after(() => temporary[Symbol.asyncDispose]());
  return temporary.store;
}

describe('claimFace', () => {
  it('lets an empty root change over, and one with snapshots keep its face only', async (t) => {
    const store = await open(t);
    await claimFace(store, 'namespaced');
    await claimFace(store, 'proxy');
    const tree = new SnapshotTree('overlayfs');
    await store.write((tx) =>
      tree.createSnapshot(tx, { id: 1, kind: 'active', key: 'k', parent: '', labels: undefined }),
    );
    await claimFace(store, 'proxy');
    await assert.rejects(claimFace(store, 'namespaced'), (error) => {
      assert.ok(error instanceof FailedPreconditionError);
      assert.match(error.message, /holds snapshots of the proxy face: serve it with --proxy, or choose another --root/);
      return true;
    });
    await store.write((tx) => tree.remove(tx, 'k'));
    await claimFace(store, 'namespaced');
  });
});
