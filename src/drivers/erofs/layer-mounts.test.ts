import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mountsBelow, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { temporaryMount } from '../../linux/index.js';
import { type DriverSnapshot, noContext } from '../../snapshots/index.js';
import { inSnapshot, layer, open, snapshot } from './driver.test.rig.js';

describe('erofs mounts', { skip: whyNoErofs() }, () => {
  it('are ordinary ones, over mounted layers', async (t) => {
    const driver = await open(t, { facts: { hasIndexOption: true } });
    const place = join(driver.root, 'snapshots');
    const shown = (of: Partial<DriverSnapshot>) => {
      const [mount, ...more] = driver.mounts(snapshot(of));
      assert.deepEqual(more, []);
      return [mount?.type, mount?.source, ...(mount?.options ?? [])].map((text) => text?.replaceAll(place, '<r>'));
    };
    assert.deepEqual(shown({}), ['bind', '<r>/9/fs', 'rw', 'rbind']);
    assert.deepEqual(shown({ kind: 'view' }), ['bind', '<r>/9/fs', 'ro', 'rbind']);
    assert.deepEqual(shown({ kind: 'view', parentIds: ['4'] }), ['bind', '<r>/4/layer', 'ro', 'rbind']);
    assert.deepEqual(shown({ kind: 'view', parentIds: ['4', '2'] }), [
      'overlay',
      'overlay',
      'lowerdir=<r>/4/layer:<r>/2/layer',
      'index=off',
    ]);
    assert.deepEqual(shown({ parentIds: ['4'] }), [
      'overlay',
      'overlay',
      'workdir=<r>/9/work',
      'upperdir=<r>/9/fs',
      'lowerdir=<r>/4/layer',
      'index=off',
    ]);
    assert.throws(() => shown({ kind: 'committed' }), FailedPreconditionError);
  });

  it('are made while a snapshot is based on a layer, and no longer', async (t) => {
    const driver = await open(t);
    await layer(driver, { id: '1' });
    await layer(driver, { id: '2', parentIds: ['1'] });
    const layers = () => mountsBelow(driver.root).map((point) => point.split('/').at(-2));
    assert.deepEqual(layers(), []);
    await driver.discard(['2'], noContext);
    await driver.create(snapshot({ id: '3', parentIds: ['1'] }), noContext);
    await driver.create(snapshot({ id: '4', kind: 'view', parentIds: ['1'] }), noContext);
    assert.deepEqual(layers(), ['1']);
    await driver.discard(['3'], noContext);
    assert.deepEqual(layers(), ['1']);
    await driver.discard(['4'], noContext);
    assert.deepEqual(layers(), []);
    assert.deepEqual(inSnapshot(driver, '1'), ['layer.erofs']);
  });

  it('are made once when many want them at the same time', async (t) => {
    const driver = await open(t);
    await layer(driver, { id: '1' });
    const ids = Array.from({ length: 20 }, (_, n) => String(n + 10));
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(ids.map((id) => driver.create(snapshot({ id, parentIds: ['1'] }), noContext)));
      assert.equal(mountsBelow(driver.root).length, 1);
      await Promise.all(ids.map((id) => driver.discard([id], noContext)));
      assert.equal(mountsBelow(driver.root).length, 0);
    }
  });

  it('go on where they are mounted when their layers are unmounted', async (t) => {
    const driver = await open(t);
    await layer(driver, { id: '1' });
    const of = { id: '2', kind: 'view', parentIds: ['1'] } as const;
    await driver.create(snapshot(of), noContext);
    await using mounted = await temporaryMount(driver.mounts(snapshot(of)));
    await driver.discard(['2'], noContext);
    assert.deepEqual(readdirSync(mounted.path), ['file-1']);
  });
});
