import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { escapeText } from './escape.js';

const texts: readonly (readonly [what: string, text: string, escaped: string])[] = [
  ['line breaks and tabs', 'a\nb\r\tc', 'a\\nb\\r\\tc'],
  ['the start of an escape sequence', '\u001b[31mred', '\\x1b[31mred'],
  ['control characters of eight bits', '\u0090\u009b31m', '\\x90\\x9b31m'],
  ['the bell, backspace and delete', '\u0007\b\u007f', '\\x07\\x08\\x7f'],
  ['marks that turn the direction of writing', 'a\u202etxt.exe\u2066', 'a\\u202etxt.exe\\u2066'],
  ['separators of lines and paragraphs', '\u2028\u2029', '\\u2028\\u2029'],
  ['a byte order mark', '\ufeffa', '\\ufeffa'],
  ['half of a pair', 'a\ud800b', 'a\\ud800b'],
];

describe('escaped text', () => {
  for (const [what, text, escaped] of texts) {
    it(`shows ${what}`, () => assert.equal(escapeText(text), escaped));
  }

  it('leaves alone what a terminal only shows', () => {
    for (const text of ['', 'sandbox-1', 'größe', '漢字', '🗿', 'C:\\dir', '%s $HOME'])
      assert.equal(escapeText(text), text);
  });
});
