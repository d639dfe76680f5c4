import assert from 'node:assert/strict';
import { it } from 'node:test';
import { coloursFor } from './style.js';

it('colours are those of a terminal, or none', () => {
  assert.equal(coloursFor({ isTerminal: true, variables: {} }).red('x'), '\u001b[31mx\u001b[39m');
  assert.equal(coloursFor({ isTerminal: true, variables: { NO_COLOR: '1' } }).red('x'), 'x');
});
