import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InternalError } from '../../errors/index.js';
import { microsecondsOf } from '../../snapshots/index.js';
import { type Timestamp, wireSnapshots } from '../proto/index.js';
import { infoFromWire } from './convert.js';

function created(createdAt: Timestamp | undefined): Date {
  const { ACTIVE } = wireSnapshots.Kind;
  return infoFromWire({ name: '', parent: '', kind: ACTIVE, createdAt, updatedAt: undefined, labels: new Map() })
    .created;
}

describe('a snapshot in an answer', () => {
  it('must be there', () => assert.throws(() => infoFromWire(undefined), InternalError));

  it('is committed when its kind is not known', () => {
    const { UNKNOWN, VIEW, ACTIVE, COMMITTED } = wireSnapshots.Kind;
    const kinds = [UNKNOWN, VIEW, ACTIVE, COMMITTED, 99 as wireSnapshots.Kind].map((kind) => {
      const times = { createdAt: undefined, updatedAt: undefined };
      return infoFromWire({ name: '', parent: '', kind, labels: new Map(), ...times }).kind;
    });
    assert.deepEqual(kinds, ['committed', 'view', 'active', 'committed', 'committed']);
  });

  it('has times to the microsecond, before 1970 too', () => {
    assert.equal(microsecondsOf(created({ seconds: 1_785_499_200, nanos: 123_456_789 })), 1_785_499_200_123_456);
    assert.equal(microsecondsOf(created({ seconds: -2, nanos: 999_999_999 })), -1_000_001);
    assert.equal(created(undefined).getTime(), 0);
  });

  it("has Go's zero time, and times that no calendar has as far as dates go", () => {
    assert.equal(created({ seconds: -62_135_596_800, nanos: 0 }).toISOString(), '0001-01-01T00:00:00.000Z');
    assert.equal(created({ seconds: Number.MAX_SAFE_INTEGER, nanos: 0 }).getTime(), 8.64e15);
    assert.equal(created({ seconds: Number.MIN_SAFE_INTEGER, nanos: 0 }).getTime(), -8.64e15);
  });
});
