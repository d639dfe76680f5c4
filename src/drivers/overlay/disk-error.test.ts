/** A disk that fails below overlay. Runs where there is a device mapper. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { breakableDisk, noBreakableDisks } from '../../../tests/support/breakable-disk.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { DataLossError } from '../../errors/index.js';
import { makeFileSystem, mountAll, unmountAll } from '../../linux/index.js';
import { LocalSnapshotter } from '../../snapshots/index.js';
import { openOverlayDriver } from './index.js';

for (const type of ['ext4', 'xfs'] as const) {
  it(`overlay refuses to commit a layer that its disk does not take (${type})`, {
    skip: noBreakableDisks(),
  }, async (t) => {
    const place = mkdtempSync(path.join(tmpdir(), 'strata-overlay-'));
    t.after(async () => {
      await unmountAll(place);
      rmSync(place, { recursive: true, force: true });
    });
    const disk = await breakableDisk(t, 320);
    await makeFileSystem({ type, path: disk.path });
    await mountAll([{ type, source: disk.path, target: '', options: [] }], place);
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const driver = await openOverlayDriver({ root: path.join(place, 'root') });
    await using snapshotter = await LocalSnapshotter.open({ name: 'overlayfs', store, driver });
    const [mount] = await snapshotter.prepare({ key: 'active' });
    await writeFile(path.join(mount?.source ?? '', 'file'), Buffer.alloc(1 << 20, 1));
    await disk.break();
    await assert.rejects(snapshotter.commit({ key: 'active', name: 'layer' }), DataLossError);
    assert.equal((await snapshotter.stat('active')).kind, 'active');
  });
}
