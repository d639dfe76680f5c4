import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canRemapIds, resolveFacts } from './facts.js';

describe('the facts that erofs asks for', () => {
  const cases: readonly [number, boolean | undefined, boolean][] = [
    [18, true, false],
    [19, true, true],
    [19, false, false],
    [19, undefined, true],
  ];
  for (const [minor, tried, wanted] of cases) {
    it(`maps ids on 5.${minor}, where a trial says ${tried}: ${wanted}`, async () => {
      const facts = resolveFacts({ kernel: { major: 5, minor }, mountsWithMappedIds: async () => tried });
      assert.equal(await canRemapIds(facts, '/'), wanted);
    });
  }

  it('are those of this machine, but for those that are given', () => {
    assert.equal(resolveFacts({ canMakeBlockImages: false }).canMakeBlockImages, false);
    assert.equal(typeof resolveFacts({}).hasIndexOption, 'boolean');
  });
});
