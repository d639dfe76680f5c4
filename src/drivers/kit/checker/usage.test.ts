import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Measured, usageProblem } from './usage.js';

const MIB = 2 ** 20;
const then = { size: 100 * MIB, inodes: 10 };

describe('usageProblem', () => {
  const cases: readonly [string, Measured, boolean][] = [
    ['the same', then, false],
    ['a little more, as a file system allocates it', { size: 104 * MIB, inodes: 10 }, false],
    ['much more', { size: 106 * MIB, inodes: 10 }, true],
    ['much less', { size: 94 * MIB, inodes: 10 }, true],
    ['another inode', { size: 100 * MIB, inodes: 11 }, true],
    ['a size that cannot be told', { inodes: 10 }, false],
    ['that, and an inode less', { inodes: 9 }, true],
  ];
  for (const [name, now, wanted] of cases) {
    it(`${wanted ? 'tells of' : 'tolerates'} ${name}`, () => {
      assert.equal(usageProblem('/layer', now, then) !== undefined, wanted);
    });
  }

  it('says what it takes and took', () => {
    assert.deepEqual(usageProblem('/layer', { size: 5, inodes: 2 }, { size: 6, inodes: 1 }), {
      kind: 'usage-differs',
      path: '/layer',
      message: 'it takes 5 bytes in 2 inodes, and took 6 bytes in 1 inodes when it was committed',
      repairable: false,
    });
  });
});
