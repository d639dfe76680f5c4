import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { MS } from '../calls/sys.js';
import { parseMountOptions } from './mount-options.js';
import { overlayParameters } from './overlay-mount.js';

/** Options, the flags that they make, and what is left for the file system. */
const cases: readonly (readonly [options: readonly string[], flags: number, data: readonly string[]])[] = [
  [[], 0, []],
  [['rw', 'rbind'], MS.BIND | MS.REC, []],
  [['ro', 'rbind'], MS.RDONLY | MS.BIND | MS.REC, []],
  [['bind', 'nosuid', 'nodev', 'noexec'], MS.BIND | MS.NOSUID | MS.NODEV | MS.NOEXEC, []],
  [['ro', 'rw'], 0, []],
  [['rw', 'ro'], MS.RDONLY, []],
  [['noexec', 'exec', 'nodev', 'dev', 'nosuid', 'suid'], 0, []],
  [['noatime', 'atime', 'nodiratime', 'diratime'], 0, []],
  [['sync', 'dirsync', 'mand'], MS.SYNCHRONOUS | MS.DIRSYNC | MS.MANDLOCK, []],
  [['sync', 'async', 'mand', 'nomand'], 0, []],
  [['relatime', 'strictatime', 'norelatime'], MS.STRICTATIME, []],
  [['remount', 'ro'], MS.REMOUNT | MS.RDONLY, []],
  [['defaults', ''], 0, []],
  [['lowerdir=/a:/b', 'index=off', 'volatile'], 0, ['lowerdir=/a:/b', 'index=off', 'volatile']],
  [['size=1m', 'ro', 'mode=0755'], MS.RDONLY, ['size=1m', 'mode=0755']],
  [['constructor', 'RO'], 0, ['constructor', 'RO']],
  [['direct-io'], 0, ['direct-io']],
  [['loop', 'ro', 'direct-io'], MS.RDONLY, []],
  [['uidmap=0:1:1', 'gidmap=0:1:1', 'rw'], 0, []],
  [['uidmap=nonsense', 'rw'], 0, []],
];

describe('mount options', () => {
  for (const [options, flags, data] of cases) {
    it(options.join() || 'none', () => {
      const parsed = parseMountOptions(options);
      assert.deepEqual([parsed.flags, parsed.data], [flags, data]);
    });
  }

  it('ask for a loop device', () => {
    assert.equal(parseMountOptions(['ro']).loop, undefined);
    assert.deepEqual(parseMountOptions(['loop']).loop, { directIo: false });
    assert.deepEqual(parseMountOptions(['direct-io', 'loop']).loop, { directIo: true });
  });

  it('map ids when both maps are given, in one range or several', () => {
    const one = { containerId: 0, hostId: 1000, length: 10 };
    const two = { containerId: 20, hostId: 3000, length: 5 };
    assert.equal(parseMountOptions(['uidmap=0:1000:10']).idMapping, undefined);
    assert.equal(parseMountOptions(['gidmap=0:1000:10']).idMapping, undefined);
    assert.deepEqual(parseMountOptions(['uidmap=0:1000:10', 'gidmap=0:1000:10,20:3000:5']).idMapping, {
      uids: [one],
      gids: [one, two],
    });
  });

  for (const bad of ['0:0', 'a:0:1', '0:0:4294967295', '-1:0:1', '']) {
    it(`are refused for the map "${bad}"`, () => {
      assert.throws(() => parseMountOptions([`uidmap=${bad}`, 'gidmap=0:0:1']), InvalidArgumentError);
    });
  }

  it("are refused for containerd's mount manager", () => {
    assert.throws(() => parseMountOptions(['rw', 'X-containerd.mkfs.size=1']), {
      message: /internal mount option "X-containerd\.mkfs\.size=1" was not consumed by the mount manager/,
    });
  });
});

const layer = (value: string) => ({ key: 'lowerdir+', value });
const data = (value: string) => ({ key: 'datadir+', value });

describe('parameters of an overlay', () => {
  const parameters: readonly (readonly [string, readonly unknown[]])[] = [
    ['userxattr', [{ key: 'userxattr' }]],
    ['index=off', [{ key: 'index', value: 'off' }]],
    ['context="a=b"', [{ key: 'context', value: '"a=b"' }]],
    ['lowerdir=/a', [layer('/a')]],
    ['lowerdir=/a:/b:/c', [layer('/a'), layer('/b'), layer('/c')]],
    ['lowerdir=/a::/d::/e', [layer('/a'), data('/d'), data('/e')]],
    ['lowerdir=/a\\:b:/c\\\\d', [layer('/a:b'), layer('/c\\d')]],
    ['lowerdir=/a,b', [layer('/a,b')]],
  ];
  for (const [option, want] of parameters) {
    it(option, () => assert.deepEqual(overlayParameters([option]), want));
  }
});
