import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeDaemon } from '../../../tests/support/fake-daemon.js';

const gone = { snapshotter: 'overlayfs', namespace: 'ci', key: 'layer', kind: 'committed' } as const;

describe('strata gc', () => {
  it('says what is gone', async () => {
    const daemon = new FakeDaemon();
    daemon.collection = { snapshots: [gone], skipped: [], leases: 2, milliseconds: 3 };
    const { out } = await daemon.run(['gc']);
    assert.equal(
      out,
      'NAMESPACE  SNAPSHOTTER  KIND       KEY\nci         overlayfs    committed  layer\nremoved: 1 snapshot; expired: 2 leases\n',
    );
    assert.deepEqual(daemon.asked, [['collect', { dryRun: false }]]);
  });

  it('says what would go, and what would stay for want of a back end', async () => {
    const daemon = new FakeDaemon();
    daemon.collection = { snapshots: [], skipped: [{ ...gone, snapshotter: 'btrfs' }], leases: 0, milliseconds: 1 };
    const { out } = await daemon.run(['gc', '--dry-run']);
    assert.match(
      out,
      /STAYS\nci +btrfs +committed +layer +its back end does not run\nto remove: 0 snapshots; expired: 0 leases/,
    );
    assert.deepEqual(daemon.asked, [['collect', { dryRun: true }]]);
  });
});
