import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PreciseDate } from '../../snapshots/index.js';
import { wireSnapshots } from '../proto/index.js';
import { infoToWire, mountsToWire, timestampToWire } from './convert.js';

describe('messages', () => {
  const times: readonly (readonly [Date, number, number])[] = [
    [new Date(0), 0, 0],
    [new Date(1500), 1, 500_000_000],
    [new PreciseDate(1_785_499_200_123_456), 1_785_499_200, 123_456_000],
    [new PreciseDate(-1), -1, 999_999_000],
    [new Date('0001-01-01T00:00:00Z'), -62_135_596_800, 0],
  ];
  for (const [date, seconds, nanos] of times) {
    it(`have ${date.toISOString()} as ${seconds} seconds and ${nanos} nanoseconds forward`, () => {
      assert.deepEqual(timestampToWire(date), { seconds, nanos });
    });
  }

  it('have every kind of snapshot', () => {
    const { VIEW, ACTIVE, COMMITTED } = wireSnapshots.Kind;
    const kinds = (['view', 'active', 'committed'] as const).map((kind) => {
      const labels = new Map([['a', '1']]);
      const info = infoToWire({ name: 'n', parent: 'p', kind, created: new Date(0), updated: new Date(1000), labels });
      assert.deepEqual([info.name, info.parent, info.updatedAt?.seconds, info.labels], ['n', 'p', 1, labels]);
      return info.kind;
    });
    assert.deepEqual(kinds, [VIEW, ACTIVE, COMMITTED]);
  });

  it('share no options with the mounts that they are made of', () => {
    const mount = { type: 'bind', source: '/s', target: '', options: ['ro'] };
    const { mounts } = mountsToWire([mount]);
    assert.deepEqual(mounts, [mount]);
    mounts[0]?.options.push('changed');
    assert.deepEqual(mount.options, ['ro']);
  });
});
