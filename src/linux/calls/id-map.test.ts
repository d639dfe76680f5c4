import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { parseIdMap, renderIdMap } from './id-map.js';

describe('id maps', () => {
  it('are ranges, and are written as the kernel wants them', () => {
    const ranges = parseIdMap('0:1000:1,1:100000:65535');
    assert.deepEqual(ranges, [
      { containerId: 0, hostId: 1000, length: 1 },
      { containerId: 1, hostId: 100_000, length: 65_535 },
    ]);
    assert.equal(renderIdMap(ranges), '0 1000 1\n1 100000 65535\n');
  });

  for (const bad of ['', '0', '0:1', '0:1:2:3', 'a:b:c', '0:1:2,', '-1:0:1', '0:4294967295:1', '0:0:-1']) {
    it(`are not ${JSON.stringify(bad)}`, () => assert.throws(() => parseIdMap(bad), InvalidArgumentError));
  }
});
