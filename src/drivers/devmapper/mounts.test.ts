import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { devmapperMounts, type MountedDevice } from './mounts.js';

describe('devmapper mounts', () => {
  const cases: readonly [MountedDevice['fileSystem'], MountedDevice['kind'], readonly string[]][] = [
    ['ext4', 'active', []],
    ['ext4', 'view', ['ro']],
    ['xfs', 'active', ['nouuid']],
    ['xfs', 'view', ['nouuid', 'ro']],
    ['ext2', 'active', []],
  ];
  for (const [fileSystem, kind, options] of cases) {
    it(`${kind} with ${fileSystem}`, () => {
      const device = '/dev/mapper/pool-snap-9';
      assert.deepEqual(devmapperMounts({ kind, fileSystem, device }), [
        { type: fileSystem, source: device, target: '', options },
      ]);
    });
  }
});
