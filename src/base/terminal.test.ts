import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ColourSupport, isColoured } from './terminal.js';

const cases: readonly (readonly [what: string, support: ColourSupport, coloured: boolean])[] = [
  ['a terminal', { isTerminal: true, variables: {} }, true],
  ['a pipe', { isTerminal: false, variables: {} }, false],
  ['a pipe, whatever FORCE_COLOR says', { isTerminal: false, variables: { FORCE_COLOR: '1' } }, false],
  ['a terminal with NO_COLOR', { isTerminal: true, variables: { NO_COLOR: '1' } }, false],
  ['a terminal with NO_COLOR=0', { isTerminal: true, variables: { NO_COLOR: '0' } }, false],
  ['a terminal with an empty NO_COLOR', { isTerminal: true, variables: { NO_COLOR: '' } }, true],
  ['a terminal that is dumb', { isTerminal: true, variables: { TERM: 'dumb' } }, false],
];

describe('colours', () => {
  for (const [what, support, coloured] of cases) {
    it(`${coloured ? 'are' : 'are not'} used on ${what}`, () => {
      assert.equal(isColoured(support), coloured);
    });
  }
});
