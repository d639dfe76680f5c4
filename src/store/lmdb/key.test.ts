import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InternalError, InvalidArgumentError } from '../../errors/index.js';
import type { Key } from '../table.js';
import { decodeKey, encodeKey, encodePrefix, type KeyedTable, quote } from './key.js';

const texts: KeyedTable<readonly [string]> = { name: 'texts', shape: ['string'] };
const pairs: KeyedTable<readonly [string, string]> = { name: 'pairs', shape: ['string', 'string'] };
const mixed: KeyedTable<readonly [string, number, string]> = { name: 'mixed', shape: ['string', 'number', 'string'] };
const ids: KeyedTable<readonly [number]> = { name: 'ids', shape: ['number'] };
const single: KeyedTable<readonly []> = { name: 'single', shape: [] };

/** Text as JavaScript has it, lone surrogates left out. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\0', '\0a', '\u{e000}', '\u{ffff}', '\u{10000}'),
);
const textWithoutNul = text.map((value) => value.replaceAll('\0', '0'));

describe('encodeKey', () => {
  const cases: readonly (readonly [hex: string, encode: () => Buffer])[] = [
    ['61', () => encodeKey(texts, ['a'])],
    ['6100', () => encodeKey(texts, ['a\0'])],
    ['00', () => encodeKey(texts, [''])],
    ['0000', () => encodeKey(texts, ['\0'])],
    ['6100', () => encodeKey(pairs, ['a', ''])],
    ['00', () => encodeKey(pairs, ['', ''])],
    ['006200', () => encodeKey(pairs, ['', 'b\0'])],
    ['61000000000000000007c3a4', () => encodeKey(mixed, ['a', 7, 'ä'])],
    ['001fffffffffffff', () => encodeKey(ids, [Number.MAX_SAFE_INTEGER])],
    ['0000000100000000', () => encodeKey(ids, [2 ** 32])],
    ['00', () => encodeKey(single, [])],
    ['f09f9880', () => encodeKey(texts, ['😀'])],
  ];
  for (const [hex, encoded] of cases) it(`makes ${hex}`, () => assert.equal(encoded().toString('hex'), hex));

  it('refuses what it could not give back', () => {
    const refused: readonly (readonly [message: string, encode: () => Buffer])[] = [
      ['"a\\u0000b" contains a NUL character', () => encodeKey(pairs, ['a\0b', 'c'])],
      ['"a\\ud800" is not well-formed Unicode', () => encodeKey(texts, ['a\ud800'])],
      ['"\\udc00b" is not well-formed Unicode', () => encodeKey(pairs, ['\udc00b', 'c'])],
      ['number -1 in a key is not a whole number from 0 to 2^53 - 1', () => encodeKey(ids, [-1])],
      ['number 0.5 in a key is not a whole number from 0 to 2^53 - 1', () => encodeKey(ids, [0.5])],
      ['number NaN in a key is not a whole number from 0 to 2^53 - 1', () => encodeKey(ids, [Number.NaN])],
      [`number ${2 ** 53} in a key is not a whole number from 0 to 2^53 - 1`, () => encodeKey(ids, [2 ** 53])],
    ];
    for (const [message, encode] of refused) {
      assert.throws(encode, new InvalidArgumentError(message));
    }
  });

  it('refuses a key of another shape', () => {
    const keys: KeyedTable<Key> = { name: 'keys', shape: ['string', 'string'] };
    assert.throws(() => encodeKey(keys, ['a']), new InternalError('key of table "keys" has 1 parts, want 2'));
    assert.throws(
      () => encodeKey(keys, ['a', 1]),
      new InternalError('part 2 of a key of table "keys" is a number, want a string'),
    );
  });

  it('orders text by its UTF-8 bytes, which JavaScript does not', () => {
    const words = ['\u{10000}', '\u{e000}', 'ab', 'a', '', 'a\0', '\0', '\u{7f}', '\u{80}', 'Z'];
    const byKey = words.toSorted((a, b) => Buffer.compare(encodeKey(texts, [a]), encodeKey(texts, [b])));
    assert.deepEqual(byKey, ['', '\0', 'Z', 'a', 'a\0', 'ab', '\u{7f}', '\u{80}', '\u{e000}', '\u{10000}']);
    assert.notDeepEqual(byKey, words.toSorted());
  });

  it('orders keys as their parts are ordered', () => {
    const key = fc.tuple(textWithoutNul, fc.oneof(fc.maxSafeNat(), fc.nat(3)), text);
    fc.assert(
      fc.property(key, key, (a, b) => {
        const [firstA, numberA, lastA] = a;
        const [firstB, numberB, lastB] = b;
        const wanted =
          Buffer.compare(Buffer.from(firstA), Buffer.from(firstB)) ||
          Math.sign(numberA - numberB) ||
          Buffer.compare(Buffer.from(lastA), Buffer.from(lastB));
        assert.equal(Buffer.compare(encodeKey(mixed, a), encodeKey(mixed, b)), wanted);
      }),
    );
  });
});

describe('decodeKey', () => {
  it('gives back what was encoded', () => {
    fc.assert(fc.property(text, (value) => assert.deepEqual(decodeKey(texts, encodeKey(texts, [value])), [value])));
    fc.assert(
      fc.property(textWithoutNul, fc.maxSafeNat(), text, (first, number, last) => {
        assert.deepEqual(decodeKey(mixed, encodeKey(mixed, [first, number, last])), [first, number, last]);
      }),
    );
    assert.deepEqual(decodeKey(single, encodeKey(single, [])), []);
  });

  it('refuses bytes that no key has', () => {
    const refused: readonly (readonly [table: KeyedTable<Key>, hex: string, message: RegExp])[] = [
      [{ name: 't', shape: ['string', 'string'] }, '6162', /^The key ends inside a text$/],
      [ids as unknown as KeyedTable<Key>, '0000', /out of range|outside buffer bounds/],
      [ids as unknown as KeyedTable<Key>, 'ffffffffffffffff', /^The key holds a number beyond 2\^53$/],
      [ids as unknown as KeyedTable<Key>, '000000000000000100', /^The key is longer than its parts$/],
    ];
    for (const [table, hex, message] of refused) {
      assert.throws(() => decodeKey(table, Buffer.from(hex, 'hex')), { name: 'RangeError', message });
    }
  });
});

describe('encodePrefix', () => {
  it('is what all keys with these first parts begin with, and no others', () => {
    assert.equal(encodePrefix(mixed, []).toString('hex'), '');
    assert.equal(encodePrefix(mixed, ['a']).toString('hex'), '6100');
    assert.equal(encodePrefix(mixed, ['a', 1]).toString('hex'), '61000000000000000001');
    assert.equal(encodePrefix(texts, []).toString('hex'), '');
    assert.throws(
      () => encodePrefix(texts, ['a']),
      new InternalError('prefix of table "texts" has 1 parts, want fewer than 1'),
    );
  });
});

describe('quote', () => {
  it('cuts what is long', () => {
    assert.equal(quote(['a', 1]), '["a",1]');
    assert.equal(quote('x'.repeat(1000)), `"${'x'.repeat(199)}...`);
  });
});
