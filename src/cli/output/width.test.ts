import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { widthOf } from './width.js';

const widths: readonly (readonly [what: string, text: string, width: number])[] = [
  ['nothing', '', 0],
  ['ASCII', 'sandbox-1 ~', 11],
  ['letters of several bytes', 'größe', 5],
  ['an accent of its own', 'e\u0301', 1],
  ['Chinese', '漢字', 4],
  ['Japanese with a half-width character', 'カナｶ', 5],
  ['Korean', '한국', 4],
  ['full-width letters', 'ＡＢ', 4],
  ['emoji', '🗿🗿', 4],
  ['characters beyond the first plane', '𠀀', 2],
  ['box characters and marks', '├─ ● ✗', 6],
  ['joiners', 'a\u200db', 2],
];

describe('the width of a text', () => {
  for (const [what, text, width] of widths) {
    it(`counts ${what}`, () => assert.equal(widthOf(text), width));
  }
});
