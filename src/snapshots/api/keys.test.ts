import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxBackendKeyBytes, maxKeyBytes, validateKey } from './keys.js';

describe('validateKey', () => {
  it('takes any text of 1 to 32,768 bytes', () => {
    for (const key of ['k', ' ', '../..', '\u0000', 'k'.repeat(maxKeyBytes), '€'.repeat(10_922)])
      validateKey('key', key);
  });

  it('refuses an empty one, and counts bytes rather than characters', () => {
    assert.throws(() => validateKey('key', ''), { message: 'snapshot key must not be empty: invalid argument' });
    assert.throws(() => validateKey('name', 'k'.repeat(maxKeyBytes + 1)), {
      message: 'snapshot name of 32769 bytes is longer than 32768 bytes: invalid argument',
    });
    assert.throws(() => validateKey('key', '€'.repeat(10_923)), { code: 'InvalidArgument' });
  });

  it('takes a longer one from a containerd in front, which puts a namespace and a number before it', () => {
    validateKey('key', `${'n'.repeat(76)}/18446744073709551615/${'k'.repeat(maxKeyBytes)}`, maxBackendKeyBytes);
  });
});
