import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differingLayers, readableMounts } from './mounted-trees.js';

const overlay = (...options: readonly string[]) => [{ type: 'overlay', source: 'overlay', target: '', options }];

describe('readableMounts', () => {
  it('makes the upper directory of an active overlay a lower one, and writes nothing', () => {
    const { mounts, layers } = readableMounts(
      overlay('workdir=/s/3/work', 'upperdir=/s/3/fs', 'lowerdir=/s/2/fs:/s/1/fs', 'index=off', 'volatile'),
    );
    assert.deepEqual(mounts, overlay('index=off', 'ro', 'lowerdir=/s/3/fs:/s/2/fs:/s/1/fs'));
    assert.deepEqual(layers, ['/s/3/fs', '/s/2/fs', '/s/1/fs']);
  });

  it('shows owners as they are on disk', () => {
    const { mounts } = readableMounts(overlay('lowerdir=/b:/a', 'uidmap=0:1000:1', 'gidmap=0:1000:1', 'userxattr'));
    assert.deepEqual(mounts[0]?.options, ['userxattr', 'ro', 'lowerdir=/b:/a']);
  });

  it('reads colons in the names of directories', () => {
    assert.deepEqual(readableMounts(overlay(String.raw`lowerdir=/a\:b/2:/c\\d`)).layers, ['/a:b/2', String.raw`/c\d`]);
  });

  it('binds a single directory', () => {
    const bind = { type: 'bind', source: '/s/1/fs', target: '', options: ['ro', 'rbind'] };
    for (const given of [[{ ...bind, options: ['rw', 'rbind'] }], overlay('workdir=/s/1/work', 'upperdir=/s/1/fs')]) {
      assert.deepEqual(readableMounts(given), { mounts: [bind], layers: ['/s/1/fs'] });
    }
  });

  it('leaves a block device as it is, whose layers nobody sees', () => {
    const device = [{ type: 'ext4', source: '/s/1', target: '', options: ['rw', 'loop'] }];
    assert.deepEqual(readableMounts(device), { mounts: device, layers: undefined });
  });
});

describe('differingLayers', () => {
  it('are those above what both have', () => {
    assert.deepEqual(differingLayers(['c', 'b', 'a'], ['b', 'a']), ['c']);
    assert.deepEqual(differingLayers(['d', 'a'], ['c', 'b', 'a']), ['d', 'c', 'b']);
    assert.deepEqual(differingLayers(['a'], ['a']), []);
  });

  it('cannot be told where nothing is shared, or nothing is known', () => {
    assert.equal(differingLayers(['b'], ['a']), undefined);
    assert.equal(differingLayers(undefined, ['a']), undefined);
    assert.equal(differingLayers(['a'], undefined), undefined);
  });
});
