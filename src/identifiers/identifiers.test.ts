import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { validateIdentifier } from './index.js';

describe('validateIdentifier', () => {
  for (const good of ['a', 'default', 'k8s.io', 'a_b-c.d', '0', 'x'.repeat(76)]) {
    it(`takes ${good}`, () => validateIdentifier(good));
  }

  for (const bad of ['a/b', '.a', 'a.', 'a..b', 'a.-b', 'ä', 'a b', 'a\n', '-', '../x']) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      assert.throws(() => validateIdentifier(bad), {
        message: `identifier ${JSON.stringify(bad)} must match ^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$: invalid argument`,
      });
    });
  }

  it('refuses what is empty or too long', () => {
    assert.throws(() => validateIdentifier(''), { message: 'identifier must not be empty: invalid argument' });
    const long = 'x'.repeat(77);
    assert.throws(() => validateIdentifier(long), {
      message: `identifier "${long}" greater than maximum length (76 characters): invalid argument`,
    });
  });

  it('takes no time over long input', () => {
    assert.throws(() => validateIdentifier(`${'a.'.repeat(1_000_000)}!`), { code: 'InvalidArgument' });
  });
});
