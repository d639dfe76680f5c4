import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { resolveFacts } from './facts.js';

describe('the facts that overlayfs asks for', () => {
  it('are those of this machine, but for those that are given', () => {
    const facts = resolveFacts({ inUserNamespace: true, kernel: { major: 1, minor: 2 } });
    assert.deepEqual([facts.inUserNamespace, facts.kernel], [true, { major: 1, minor: 2 }]);
    assert.ok(facts.fileSystemMagic(tmpdir()) > 0);
    assert.equal(typeof facts.hasIndexOption, 'boolean');
    assert.ok(resolveFacts({}).kernel.major > 1);
  });
});
