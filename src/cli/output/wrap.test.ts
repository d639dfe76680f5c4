import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wrap } from './wrap.js';

const lines = (text: string, columns: number, indent = '') => [...wrap(text, { columns, indent })];

describe('wrap', () => {
  it('leaves alone what fits, to the last column', () => {
    assert.deepEqual(lines('one two', 7), ['one two']);
    assert.deepEqual(lines('one two', 6), ['one', 'two']);
    assert.deepEqual(lines('one two', 9, '  '), ['  one two']);
    assert.deepEqual(lines('one two', 8, '  '), ['  one', '  two']);
  });

  it('keeps a word whole that is wider than the terminal', () => {
    assert.deepEqual(lines('see /var/lib/strata/snapshots for more', 10), [
      'see',
      '/var/lib/strata/snapshots',
      'for more',
    ]);
  });

  it('loses nothing of the text', () => {
    const text = 'the chain  of  layers of a snapshot';
    for (let columns = 1; columns < 40; columns++) assert.equal(lines(text, columns).join(' '), text);
    assert.deepEqual(lines('', 10, '  '), ['  ']);
  });

  it('counts the places that characters take', () => {
    assert.deepEqual(lines('größe größe', 11), ['größe größe']);
    assert.deepEqual(lines('日本 日本', 8), ['日本', '日本']);
  });
});
