import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findingKinds, remedies } from './kinds.js';

describe('findingKinds', () => {
  it('has words for people and scripts that can be told apart and looked up', () => {
    for (const name of [...Object.keys(findingKinds), ...Object.keys(remedies)])
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
  });

  it('says what each means as sentences, and what a repair does as a part of one', () => {
    for (const { meaning } of Object.values(findingKinds)) assert.match(meaning, /^[A-Z].*\.$/s);
    for (const what of Object.values(remedies)) assert.match(what, /^[a-z].*[^.]$/s);
  });

  it('has no remedy that nothing is answered with', () => {
    const used = new Set<string>(Object.values(findingKinds).map(({ remedy }) => remedy));
    assert.deepEqual(
      Object.keys(remedies).filter((remedy) => !used.has(remedy)),
      [],
    );
  });
});
