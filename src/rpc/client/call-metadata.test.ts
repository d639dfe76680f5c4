import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { callMetadata } from './call-metadata.js';

describe('the headers of a call', () => {
  it("are the call's own, else the client's, else none", () => {
    assert.deepEqual(callMetadata({}, undefined).getMap(), {});
    assert.deepEqual(callMetadata({}, 'mine').getMap(), { 'containerd-namespace': 'mine' });
    assert.deepEqual(callMetadata({ namespace: 'own', lease: 'l' }, 'mine').getMap(), {
      'containerd-namespace': 'own',
      'containerd-lease': 'l',
    });
  });

  it('carry what is empty, or has blanks within', () => {
    assert.deepEqual(callMetadata({ namespace: '', lease: 'a b~!' }, 'mine').getMap(), {
      'containerd-namespace': '',
      'containerd-lease': 'a b~!',
    });
  });

  for (const value of [' ', ' a', 'a\t', 'a\nb', 'größe', '\u007f']) {
    it(`cannot be ${JSON.stringify(value)}`, () => {
      const text = `cannot be ${JSON.stringify(value)}`;
      assert.throws(
        () => callMetadata({ lease: value }, undefined),
        new InvalidArgumentError(`header containerd-lease ${text}`),
      );
      assert.throws(() => callMetadata({}, value), new InvalidArgumentError(`header containerd-namespace ${text}`));
    });
  }
});
