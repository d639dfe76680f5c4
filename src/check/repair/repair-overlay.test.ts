import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { openCheckedRoot, runCheck } from '../../../tests/support/checked-root.js';
import { populate } from '../../../tests/support/damage/damage.js';
import { overlayDamages } from '../../../tests/support/damage/overlay-damage.js';
import { recordDamages } from '../../../tests/support/damage/record-damage.js';
import { kindsOf, tryDamage } from '../../../tests/support/damage/try-damage.js';
import { temporaryMount } from '../../linux/index.js';

describe('repair of overlayfs', () => {
  for (const damage of [...recordDamages, ...overlayDamages]) {
    const skip = damage.root === true && process.geteuid?.() !== 0 && 'only root can do this damage';
    it(`finds and repairs ${damage.kind}: ${damage.name}`, { skip }, async () => {
      await using root = await openCheckedRoot({ fileList: damage.fileList === true });
      // The mark of ids can be raised only where no snapshotter is open.
      const live = damage.kind !== 'id-beyond-reserved';
      await tryDamage(damage, { ...root, subject: { ...root.subject, live } });
    });
  }

  it('keeps what it takes away, with a note of where it was', async () => {
    await using root = await openCheckedRoot();
    const [damage] = overlayDamages.filter(({ kind }) => kind === 'orphan-directory');
    await damage?.make(root, await populate(root));
    await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: false } });
    const place = root.subject.lostAndFound('overlayfs');
    const [kept = ''] = readdirSync(place);
    assert.match(kept, /^\d{8}T\d{6}Z-903$/);
    assert.equal(readFileSync(path.join(place, kept, '903', 'fs', 'file'), 'utf8'), 'precious');
    const whence = JSON.parse(readFileSync(path.join(place, kept, 'whence.json'), 'utf8'));
    assert.equal(whence.from, path.join(root.snapshots, '903'));
    assert.equal(whence.why.kind, 'orphan-directory');
  });

  const skip = process.geteuid?.() !== 0 && 'only root can mount';

  it('notes what is mounted of files that it takes away, and what is below them', { skip }, async () => {
    await using root = await openCheckedRoot();
    const there = await populate(root);
    const stray = path.join(root.snapshots, '903');
    mkdirSync(path.join(stray, 'fs'), { recursive: true });
    mkdirSync(path.join(stray, 'work'));
    const below = path.join(there.base.directory, 'fs');
    const options = [`lowerdir=${below}`, `upperdir=${stray}/fs`, `workdir=${stray}/work`];
    await using mounted = await temporaryMount([{ type: 'overlay', source: 'overlay', target: '', options }]);
    await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: false } });
    const place = root.subject.lostAndFound('overlayfs');
    const [kept = ''] = readdirSync(place);
    const { mounts } = JSON.parse(readFileSync(path.join(place, kept, 'whence.json'), 'utf8'));
    assert.equal(mounts[0].point, mounted.path);
    assert.ok(mounts[0].options.includes(`lowerdir=${below}`));
  });

  it('drops what is based on a layer only when that is asked for', async () => {
    await using root = await openCheckedRoot();
    const there = await populate(root);
    rmSync(there.top.directory, { recursive: true });
    const damaged = root.image();
    const modest = await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: false } });
    assert.deepEqual(
      modest.actions.map(({ state, reason }) => [state, reason]),
      [['skipped', 'only with --drop-descendants']],
    );
    assert.deepEqual(kindsOf(modest.left), ['missing-directory']);
    assert.deepEqual(root.image(), damaged);
    assert.equal(existsSync(root.subject.lostAndFound('overlayfs')), false);
  });

  it('makes a layer that is beyond repair available to be made again', async () => {
    await using root = await openCheckedRoot();
    const there = await populate(root);
    rmSync(path.join(there.top.directory, 'fs'), { recursive: true });
    await runCheck(root, { level: 'quick', repair: { dryRun: false, dropDescendants: true } });
    await root.snapshotter.prepare({ key: 'again', parent: 'base' });
    await root.snapshotter.commit({ key: 'again', name: 'top' });
    assert.equal((await root.snapshotter.stat('top')).parent, 'base');
  });
});
