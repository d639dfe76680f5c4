import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTimeout } from './timeout.js';

describe('parseTimeout', () => {
  const known = {
    '1H': 3_600_000,
    '2M': 120_000,
    '3S': 3000,
    '4m': 4,
    '5u': 0.005,
    '6n': 6e-6,
    '99999999S': 99_999_999_000,
  };
  for (const [header, milliseconds] of Object.entries(known)) {
    it(`reads ${header}`, () => assert.equal(parseTimeout(header), milliseconds));
  }
  for (const header of ['', '1', 'S', '1x', '-1S', '1.5S', '123456789S', ' 1S', '1S ']) {
    it(`refuses ${JSON.stringify(header)}`, () => assert.equal(parseTimeout(header), undefined));
  }
});
