import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryStore } from '../../../tests/support/store.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { deviceMapper } from '../../linux/index.js';
import { resolveDevmapperOptions } from './options.js';

describe('the options of devmapper', () => {
  it('have defaults, and refuse what cannot be', async () => {
    await using temporary = await temporaryStore();
    const { store } = temporary;
    const given = { root: '/a/./b', store, poolName: 'pool', baseImageSize: 512 };
    const { onBackgroundError, faults: _faults, ...rest } = resolveDevmapperOptions(given);
    onBackgroundError(new Error('nobody is told'));
    assert.deepEqual(rest, {
      ...given,
      root: '/a/b',
      fileSystem: 'ext4',
      fileSystemOptions: [],
      discardBlocks: false,
      fileList: false,
      durability: 'full',
      mapper: deviceMapper,
    });
    const wrong = [
      { root: 'a' },
      { poolName: '' },
      { poolName: 'a/b' },
      { baseImageSize: 0 },
      { baseImageSize: 513 },
      { baseImageSize: 512.5 },
    ];
    for (const change of wrong) {
      assert.throws(() => resolveDevmapperOptions({ ...given, ...change }), InvalidArgumentError);
    }
  });
});
