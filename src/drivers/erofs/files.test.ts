import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DataLossError, InternalError } from '../../errors/index.js';
import { MODES, makeSnapshotDirectory, makeUpper, ownerOfLayer, placesBelow } from './files.js';

function place(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'strata-erofs-files-'));
  t.after(() => rmSync(root, { recursive: true }));
  const places = placesBelow(root);
  mkdirSync(places.snapshots);
  return places;
}

const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

describe('the files of erofs', () => {
  it('have exact modes, whatever the umask', async (t) => {
    const before = process.umask(0o077);
    t.after(() => process.umask(before));
    const places = place(t);
    await makeSnapshotDirectory(places.snapshot('1'), '1');
    await makeUpper(places.files('1'), places.work('1'), undefined);
    const modes = [places.snapshot('1'), places.files('1'), places.work('1')].map(modeOf);
    assert.deepEqual(modes, [MODES.snapshot, MODES.files, MODES.work]);
  });

  it('belong to whom they are made for', { skip: process.geteuid?.() !== 0 && 'needs root' }, async (t) => {
    const places = place(t);
    await makeSnapshotDirectory(places.snapshot('1'), '1');
    await makeUpper(places.files('1'), places.work('1'), { uid: 7, gid: 8 });
    const { uid, gid } = lstatSync(places.files('1'));
    assert.deepEqual([uid, gid, lstatSync(places.work('1')).uid], [7, 8, 0]);
  });

  it('are not made twice, and not asked of where nothing is mounted', async (t) => {
    const places = place(t);
    await makeSnapshotDirectory(places.snapshot('1'), '1');
    await assert.rejects(makeSnapshotDirectory(places.snapshot('1'), '1'), InternalError);
    assert.throws(() => ownerOfLayer(places.snapshot('1'), '1'), DataLossError);
    assert.equal(ownerOfLayer('/proc', '1').uid, 0);
  });
});
