import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UsageError } from './failure.js';
import { type GivenGlobals, resolveGlobals } from './global-options.js';

const resolve = (given: GivenGlobals, variables: Readonly<Record<string, string>> = {}) =>
  resolveGlobals(given, { uid: 0, gid: 0, variables });

describe('the options of all commands', () => {
  it('have defaults', () => {
    assert.deepEqual(resolve({}), {
      address: '/run/strata/strata.sock',
      namespace: 'default',
      snapshotter: 'auto',
      json: false,
    });
  });

  it('come from the environment, unless they are given', () => {
    const variables = { STRATA_ADDRESS: '/e', STRATA_NAMESPACE: 'e', STRATA_SNAPSHOTTER: 'native' };
    const all = { ...resolve({}, variables) };
    assert.deepEqual(all, { address: '/e', namespace: 'e', snapshotter: 'native', json: false });
    assert.deepEqual(resolve({ address: '/g', namespace: 'g', snapshotter: 'btrfs', json: true }, variables), {
      address: '/g',
      namespace: 'g',
      snapshotter: 'btrfs',
      json: true,
    });
  });

  it("take the namespace, and nothing else, of containerd's variables", () => {
    const { address, namespace } = resolve({}, { CONTAINERD_ADDRESS: '/c', CONTAINERD_NAMESPACE: 'c' });
    assert.deepEqual([address, namespace], ['/run/strata/strata.sock', 'c']);
  });

  it('have a timeout in milliseconds', () => {
    assert.equal(resolve({ timeout: '10s' }).timeout, 10_000);
    assert.equal(resolve({ timeout: '250ms' }).timeout, 250);
  });

  for (const timeout of ['', '0s', 'soon', '-1s', '1000h']) {
    it(`do not take ${JSON.stringify(timeout)} for a timeout`, () => {
      const message = `--timeout: want a duration such as 10s, got ${JSON.stringify(timeout)}`;
      assert.throws(() => resolve({ timeout }), new UsageError(message));
    });
  }
});
