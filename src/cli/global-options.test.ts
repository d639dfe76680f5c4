import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { UsageError } from './failure.js';
import { type GivenGlobals, resolveAddress, resolveGlobals } from './global-options.js';

const resolve = (given: GivenGlobals, variables: Readonly<Record<string, string>> = {}) =>
  resolveGlobals(given, { uid: 0, gid: 0, variables });

const addressOf = (given: GivenGlobals, variables: Readonly<Record<string, string>> = {}) =>
  resolveAddress(given, { uid: 0, gid: 0, variables });

describe('the address of the daemon', () => {
  it('is given, or else in the environment, or else the default', () => {
    const variables = { STRATA_ADDRESS: '/e' };
    assert.deepEqual(addressOf({ address: '/g' }, variables), { address: '/g', isNamed: true });
    assert.deepEqual(addressOf({}, variables), { address: '/e', isNamed: true });
    assert.deepEqual(addressOf({}), { address: '/run/strata/strata.sock', isNamed: false });
    assert.deepEqual(addressOf({}, { STRATA_ADDRESS: '' }), { address: '/run/strata/strata.sock', isNamed: false });
  });

  it('may be relative, and written as gRPC does', () => {
    assert.equal(addressOf({ address: 'a.sock' }).address, path.resolve('a.sock'));
    assert.equal(addressOf({}, { STRATA_ADDRESS: 'unix:a.sock' }).address, path.resolve('a.sock'));
    assert.equal(addressOf({ address: 'unix:///run/s' }).address, '/run/s');
  });

  it('is none of something else', () => {
    const wanted = 'want the path of a unix socket, got "tcp://localhost:1"';
    assert.throws(() => addressOf({ address: 'tcp://localhost:1' }), new UsageError(`--address: ${wanted}`));
    assert.throws(
      () => addressOf({}, { STRATA_ADDRESS: 'tcp://localhost:1' }),
      new UsageError(`$STRATA_ADDRESS: ${wanted}`),
    );
    assert.throws(() => addressOf({ address: '' }), new UsageError('--address: want a path, got ""'));
  });
});

describe('the options of all commands', () => {
  it('have defaults', () => {
    assert.deepEqual(resolve({}), {
      namespace: 'default',
      snapshotter: 'auto',
      json: false,
    });
  });

  it('come from the environment, unless they are given', () => {
    const variables = { STRATA_NAMESPACE: 'e', STRATA_SNAPSHOTTER: 'native' };
    assert.deepEqual(resolve({}, variables), { namespace: 'e', snapshotter: 'native', json: false });
    assert.deepEqual(resolve({ namespace: 'g', snapshotter: 'btrfs', json: true }, variables), {
      namespace: 'g',
      snapshotter: 'btrfs',
      json: true,
    });
  });

  it("take the namespace, and nothing else, of containerd's variables", () => {
    const variables = { CONTAINERD_ADDRESS: '/c', CONTAINERD_NAMESPACE: 'c' };
    assert.equal(resolve({}, variables).namespace, 'c');
    assert.deepEqual(addressOf({}, variables), { address: '/run/strata/strata.sock', isNamed: false });
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
