import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InvalidArgumentError } from '../../errors/index.js';
import { performMount } from './perform-mount.js';

const old = { major: 5, minor: 10 };

describe('performMount', () => {
  const cases: readonly [string, string, readonly string[]][] = [
    ['options of more than a page', 'tmpfs', ['x'.repeat(5000)]],
    ['more layers than overlay takes', 'overlay', [`lowerdir=${Array(501).fill('/a/layer').join(':')}`]],
    ['layers whose paths are too long together', 'overlay', [`lowerdir=/a/${'x'.repeat(2500)}:/b/${'y'.repeat(2500)}`]],
  ];
  for (const [name, type, data] of cases) {
    it(`refuses ${name}`, async () => {
      const spec = { type, source: type, target: '', options: data };
      const prepared = { spec, flags: 0, loop: undefined, data };
      await assert.rejects(performMount(prepared as never, '/nowhere', { kernel: old }), InvalidArgumentError);
    });
  }
});
