import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProxiedKey } from './proxied-key.js';

describe('the key of a containerd in front', () => {
  it('has a namespace, a number, and what its client calls the snapshot, whatever that holds', () => {
    for (const key of ['sha256:f1e0', 'extract-1-ab_c sha256:f1e0', '/var/lib/volume/7/x', 'two\nlines']) {
      assert.deepEqual(parseProxiedKey(`k8s.io/12/${key}`), { namespace: 'k8s.io', number: 12, key });
    }
  });

  it('is no key of anybody else', () => {
    for (const key of ['base', 'default/base', 'default/4', 'default/4/', 'default/04/a', 'a..b/4/a', '/4/a', '']) {
      assert.equal(parseProxiedKey(key), undefined, key);
    }
  });
});
