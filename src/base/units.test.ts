import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCount, parseDuration, parseSize, renderDuration, renderSize } from './units.js';

type Cases = readonly (readonly [text: string, value: number | undefined])[];

const sizes: Cases = [
  ['0', 0],
  ['1', 1],
  ['4096', 4096],
  ['4096B', 4096],
  ['10G', 10 * 2 ** 30],
  ['10g', 10 * 2 ** 30],
  ['10GB', 10 * 2 ** 30],
  ['10GiB', 10 * 2 ** 30],
  ['10 GiB', 10 * 2 ** 30],
  ['1.5K', 1536],
  ['7P', 7 * 2 ** 50],
  ['8P', undefined],
  ['-1', undefined],
  ['', undefined],
  ['G', undefined],
  ['1X', undefined],
  ['1iB', undefined],
  ['1e9', undefined],
  ['0x10', undefined],
  [' 1', undefined],
  ['1\n', undefined],
];

const counts: Cases = [
  ['100000', 100_000],
  ['1M', 1_000_000],
  ['1.5k', 1500],
  ['1MiB', undefined],
  ['1B', undefined],
  ['many', undefined],
];

const durations: Cases = [
  ['250ms', 250],
  ['10s', 10_000],
  ['1.5 h', 5_400_000],
  ['1d', 86_400_000],
  ['2D', 172_800_000],
  ['0s', 0],
  ['10', undefined],
  ['s', undefined],
  ['-1s', undefined],
  ['1h30m', undefined],
  ['999999999999999d', undefined],
];

function reads(parse: (text: string) => number | undefined, cases: Cases): void {
  for (const [text, value] of cases) it(JSON.stringify(text), () => assert.equal(parse(text), value));
}

describe('a size', () => reads(parseSize, sizes));
describe('a count', () => reads(parseCount, counts));
describe('a duration', () => reads(parseDuration, durations));

describe('what is written', () => {
  it('has the largest unit that says it exactly', () => {
    assert.deepEqual([0, 1, 1536, 2 ** 24, 2 ** 50].map(renderSize), ['0B', '1B', '1536B', '16MiB', '1PiB']);
    const spans = [0, 1500, 90_000, 3_600_000, 86_400_000];
    assert.deepEqual(spans.map(renderDuration), ['0ms', '1500ms', '90s', '1h', '1d']);
  });

  it('reads back as it was', () => {
    for (const bytes of [0, 1, 1023, 1024, 10 ** 9, 2 ** 53 - 1]) assert.equal(parseSize(renderSize(bytes)), bytes);
    for (const span of [0, 1, 999, 60_000, 10 ** 12]) assert.equal(parseDuration(renderDuration(span)), span);
  });
});
