import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unquote } from './quote.js';

const cases: readonly [inside: string, text: string | undefined][] = [
  ['', ''],
  ['plain', 'plain'],
  ['\\a\\b\\f\\n\\r\\t\\v\\\\', '\x07\b\f\n\r\t\v\\'],
  ['\\"', '"'],
  ['\\101\\060', 'A0'],
  ['\\x41bc', 'Abc'],
  ['\\xc3\\xa9', 'é'],
  ['\\303\\251', 'é'],
  ['\\u00e9x', 'éx'],
  ['\\u65e5\\u672c', '日本'],
  ['\\U0001f980', '🦀'],
  ['\\u00410', 'A0'],
  ['日\\n本', '日\n本'],
  ['\\ud800', '\ufffd'],
  ['\\400', undefined],
  ['\\Uffffffff', undefined],
];

for (const [inside, text] of cases) {
  test(`unquotes ${inside}`, () => assert.equal(unquote(`"${inside}"`), text));
}

test('keeps a stray byte as something that no text contains', () => {
  assert.equal(unquote('"a\\xffb"'), 'a\udcffb');
  assert.equal(unquote('"\\xe6\\x97日"'), '\udce6\udc97日');
});
