import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Lack, lacksBehind, reasonOf } from './index.js';

const erofs: Lack = { need: 'erofs', kind: 'machine', why: "unknown filesystem type 'erofs'" };
const kernel: Lack = { need: 'second-kernel', kind: 'machine', why: 'old: it panics (in init); newer: no network' };
const umoci: Lack = { need: 'umoci', kind: 'setup', why: 'not here: umoci' };
const lacks = [erofs, kernel, umoci];

describe('the reason for which a test is skipped', () => {
  it('tells what is not here', () => {
    assert.equal(reasonOf([erofs, umoci]), "lacks erofs (unknown filesystem type 'erofs'), umoci (not here: umoci)");
  });

  for (const of of [[erofs], [kernel], [erofs, kernel], [erofs, kernel, umoci]]) {
    it(`is known again: ${of.map(({ need }) => need).join(', ')}`, () => {
      assert.deepEqual(lacksBehind(reasonOf(of), lacks), of);
    });
  }

  for (const other of ['', 'needs root', 'lacks erofs', `${reasonOf([erofs])} and patience`, 'lacks tape (none)']) {
    it(`is another one: ${JSON.stringify(other)}`, () => {
      assert.equal(lacksBehind(other, lacks), undefined);
    });
  }
});
