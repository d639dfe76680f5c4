import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { identifierProblem } from './index.js';

describe('identifierProblem', () => {
  for (const good of ['a', 'default', 'k8s.io', 'a_b-c.d', '0', 'x'.repeat(76)]) {
    it(`takes ${good}`, () => assert.equal(identifierProblem(good), undefined));
  }

  for (const bad of ['a/b', '.a', 'a.', 'a..b', 'a.-b', 'ä', 'a b', 'a\n', '-', '../x']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      assert.equal(
        identifierProblem(bad),
        `identifier ${JSON.stringify(bad)} must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$`,
      );
    });
  }

  it('refuses what is empty or too long', () => {
    assert.equal(identifierProblem(''), 'identifier must not be empty');
    const long = 'x'.repeat(77);
    assert.equal(identifierProblem(long), `identifier "${long}" greater than maximum length (76 characters)`);
  });

  it('takes no time over long input', () => {
    assert.ok(identifierProblem(`${'a.'.repeat(1_000_000)}!`) !== undefined);
  });
});
