import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { whyNoErofs } from '../../../tests/support/erofs-root.js';
import { FailedPreconditionError, InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import { noContext } from '../../snapshots/index.js';
import { layer, look, MIB, open, snapshot } from './driver.test.rig.js';

describe('erofs on a machine that lacks something', { skip: whyNoErofs() }, () => {
  it('says what', async (t) => {
    const missing = async () => {
      throw new NotImplementedError('this kernel has no erofs');
    };
    await assert.rejects(open(t, { facts: { mountsImages: missing } }), /this kernel has no erofs/);
    await assert.rejects(open(t, { defaultSize: MIB * 16, facts: { canMakeBlockImages: false } }), NotImplementedError);
    await assert.rejects(open(t, { facts: { supportsDirectoryTypes: () => false } }), FailedPreconditionError);
  });

  it('refuses roots, options and ids that cannot work', async (t) => {
    for (const root of ['relative', '/a:b']) await assert.rejects(open(t, {}, root), InvalidArgumentError);
    await assert.rejects(open(t, { mountOptions: ['lowerdir=/x'] }), InvalidArgumentError);
    await assert.rejects(open(t, { defaultSize: 17 }), InvalidArgumentError);
    const driver = await open(t);
    await assert.rejects(driver.discard(['../trial'], noContext), InvalidArgumentError);
  });

  it('mounts images through loop devices where the kernel takes no file', async (t) => {
    const driver = await open(t, { facts: { mountsImages: async () => ({ loop: true }) } });
    await layer(driver, { id: '1' });
    const view = { id: '2', kind: 'view', parentIds: ['1'] } as const;
    await driver.create(snapshot(view), noContext);
    assert.deepEqual(await look(driver, view), ['file-1']);
    assert.match(
      readFileSync('/proc/self/mountinfo', 'latin1'),
      new RegExp(`${driver.root}/snapshots/1/layer .* - erofs /dev/loop`),
    );
  });
});
