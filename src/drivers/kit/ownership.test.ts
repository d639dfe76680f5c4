import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError, UnknownError } from '../../errors/index.js';
import { labelsOf } from '../../snapshots/index.js';
import { gidMappingLabel, mapsBoth, ownerFromLabels, uidMappingLabel } from './ownership.js';

const labels = (uid?: string, gid?: string) =>
  labelsOf({
    ...(uid === undefined ? {} : { [uidMappingLabel]: uid }),
    ...(gid === undefined ? {} : { [gidMappingLabel]: gid }),
  });

describe('the owner of a snapshot', () => {
  const cases: readonly [string | undefined, string | undefined, object | undefined, boolean][] = [
    [undefined, undefined, undefined, false],
    ['0:1000:10', '0:2000:10', { uid: 1000, gid: 2000 }, true],
    ['0:1000:10', undefined, { uid: 1000, gid: 0 }, false],
    ['5:7:1,0:1000:10', '0:0:1', { uid: 1000, gid: 0 }, true],
  ];
  for (const [uid, gid, owner, both] of cases) {
    it(`${uid} ${gid}`, () => {
      assert.deepEqual(ownerFromLabels(labels(uid, gid)), owner);
      assert.equal(mapsBoth(labels(uid, gid)), both);
    });
  }

  it('is refused for maps that are malformed or leave out the root', () => {
    assert.throws(() => ownerFromLabels(labels('nonsense')), InvalidArgumentError);
    for (const map of ['1:1000:10', '0:1000:0']) {
      assert.throws(
        () => ownerFromLabels(labels(map)),
        (error) => error instanceof UnknownError || error instanceof InvalidArgumentError,
      );
    }
  });
});
