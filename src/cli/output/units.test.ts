import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatAge, formatBytes, formatTime } from './units.js';

const KIB = 1024;

const sizes: readonly (readonly [number, string])[] = [
  [0, '0 B'],
  [1023, '1023 B'],
  [KIB, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [KIB * KIB - 1, '1.0 MiB'],
  [250 * KIB ** 2, '250.0 MiB'],
  [KIB ** 5, '1.0 PiB'],
  [5000 * KIB ** 5, '5000.0 PiB'],
];

describe('sizes', () => {
  for (const [bytes, text] of sizes)
    it(`shows ${bytes} bytes as ${text}`, () => assert.equal(formatBytes(bytes), text));
});

const now = new Date('2026-07-31T12:00:00Z');

const times: readonly (readonly [string, string])[] = [
  ['2026-07-31T12:00:00Z', 'now'],
  ['2026-07-31T11:59:59.5Z', 'now'],
  ['2026-07-31T11:59:59Z', '1 second ago'],
  ['2026-07-31T11:59:01Z', '59 seconds ago'],
  ['2026-07-31T11:59:00Z', '1 minute ago'],
  ['2026-07-31T10:00:01Z', '1 hour ago'],
  ['2026-07-30T12:00:00Z', '1 day ago'],
  ['2026-06-02T12:00:00Z', '59 days ago'],
  ['2026-06-01T12:00:00Z', '2026-06-01'],
  // The clock of another machine may be ahead.
  ['2026-07-31T12:05:00Z', 'now'],
  ['1970-01-01T00:00:00Z', '-'],
  ['0001-01-01T00:00:00Z', '-'],
  ['no time', '-'],
];

describe('ages', () => {
  for (const [time, text] of times) {
    it(`shows ${time} as ${text}`, () => assert.equal(formatAge(new Date(time), now), text));
  }
});

describe('times', () => {
  it('shows them in UTC', () =>
    assert.equal(formatTime(new Date('2026-07-31T14:00:00+02:00')), '2026-07-31T12:00:00.000Z'));

  it('shows a time that was never set as a dash', () => {
    for (const time of ['1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', ''])
      assert.equal(formatTime(new Date(time)), '-');
  });
});
