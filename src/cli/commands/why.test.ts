import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';

describe('strata why', () => {
  it('shows each reason, through what, and where it is mounted', async () => {
    const daemon = new FakeDaemon();
    daemon.kept = {
      by: [
        { why: 'caller', name: '', through: ['layer', 'work'] },
        { why: 'image', name: 'alpine:3', through: [] },
      ],
      mounted: 'is mounted at /mnt',
    };
    const { out } = await daemon.run(['why', 'base']);
    assert.equal(
      out,
      [
        'KEPT BY               NAME      THROUGH',
        'made without a lease            layer < work',
        'image                 alpine:3',
        'snapshot base is mounted at /mnt',
        '',
      ].join('\n'),
    );
    assert.deepEqual(daemon.asked, [['why', { key: 'base', snapshotter: 'auto' }]]);
  });

  it('says when nothing does', async () => {
    const { out } = await new FakeDaemon().run(['why', 'base']);
    assert.equal(out, 'nothing keeps it: the next collection takes it\n');
  });
});
