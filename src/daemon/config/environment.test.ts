import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  clientDefaults,
  defaultAddress,
  defaultConfigFile,
  defaultRoot,
  defaultState,
  type Environment,
} from './environment.js';

function environment(uid: number, variables: Environment['variables'] = {}): Environment {
  return { uid, gid: uid, variables };
}

function placesOf(from: Environment): readonly string[] {
  return [defaultRoot(from), defaultState(from), defaultAddress(from), defaultConfigFile(from)];
}

test('root has fixed places, whatever its variables say', () => {
  const variables = { HOME: '/root', XDG_DATA_HOME: '/data', XDG_RUNTIME_DIR: '/run/user/0' };
  assert.deepEqual(placesOf(environment(0, variables)), [
    '/var/lib/strata',
    '/run/strata',
    '/run/strata/strata.sock',
    '/etc/strata/config.toml',
  ]);
});

test('anybody else has the places of the XDG base directory specification', () => {
  const variables = { XDG_DATA_HOME: '/d', XDG_RUNTIME_DIR: '/r', XDG_CONFIG_HOME: '/c', HOME: '/home/ann' };
  assert.deepEqual(placesOf(environment(7, variables)), [
    '/d/strata',
    '/r/strata',
    '/r/strata/strata.sock',
    '/c/strata/config.toml',
  ]);
});

test('unset and empty XDG variables fall back to the home and the temporary directory', () => {
  const state = join(tmpdir(), 'strata-7');
  const expected = [
    '/home/ann/.local/share/strata',
    state,
    join(state, 'strata.sock'),
    '/home/ann/.config/strata/config.toml',
  ];
  assert.deepEqual(placesOf(environment(7, { HOME: '/home/ann' })), expected);
  const empty = { HOME: '/home/ann', XDG_DATA_HOME: '', XDG_RUNTIME_DIR: '', XDG_CONFIG_HOME: '' };
  assert.deepEqual(placesOf(environment(7, empty)), expected);
});

test("a client never takes containerd's address, but takes its namespace", () => {
  const variables = {
    CONTAINERD_ADDRESS: '/run/containerd/containerd.sock',
    CONTAINERD_NAMESPACE: 'k8s.io',
    CONTAINERD_SNAPSHOTTER: 'native',
  };
  assert.deepEqual(clientDefaults(environment(0, variables)), {
    address: '/run/strata/strata.sock',
    namespace: 'k8s.io',
    snapshotter: 'auto',
  });
});

test("Strata's own variables come first, and there is a default for each", () => {
  const variables = {
    STRATA_ADDRESS: '/s',
    STRATA_NAMESPACE: 'n',
    STRATA_SNAPSHOTTER: 'x',
    CONTAINERD_NAMESPACE: 'k8s.io',
  };
  assert.deepEqual(clientDefaults(environment(0, variables)), { address: '/s', namespace: 'n', snapshotter: 'x' });
  assert.equal(clientDefaults(environment(0)).namespace, 'default');
});
