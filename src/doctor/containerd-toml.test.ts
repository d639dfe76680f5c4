import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'smol-toml';
import { renderForContainerd } from './containerd-toml.js';
import type { ForContainerd } from './for-containerd.js';

const full: ForContainerd = {
  containerd: '2.3.0',
  configFile: '/etc/containerd/config.toml',
  format: 3,
  name: 'strata',
  address: '/run/strata/strata.sock',
  capabilities: ['remap-ids', 'rebase'],
  root: '/var/lib/strata/files',
  unpack: { platform: 'linux/amd64', snapshotters: ['strata', 'overlayfs'] },
};

/** Plain objects: those of the parser have no prototype. */
const read = (toml: string): Record<string, unknown> => JSON.parse(JSON.stringify(parse(toml)));

const shown = (change: Partial<ForContainerd> = {}) => [...renderForContainerd({ ...full, ...change })].join('\n');

describe('the configuration of containerd', () => {
  it('is TOML with everything that containerd 2.3 takes', () => {
    assert.deepEqual(read(shown()), {
      version: 3,
      proxy_plugins: {
        strata: {
          type: 'snapshot',
          address: full.address,
          capabilities: ['remap-ids', 'rebase'],
          exports: { root: full.root },
        },
      },
      plugins: {
        'io.containerd.cri.v1.images': { snapshotter: 'strata' },
        'io.containerd.transfer.v1.local': {
          unpack_config: [
            { platform: 'linux/amd64', snapshotter: 'strata' },
            { platform: 'linux/amd64', snapshotter: 'overlayfs' },
          ],
        },
      },
    });
  });

  it('has nothing that 1.6 does not know', () => {
    assert.deepEqual(read(shown({ format: 2, capabilities: [], root: undefined, unpack: undefined })), {
      version: 2,
      proxy_plugins: { strata: { type: 'snapshot', address: full.address } },
      plugins: { 'io.containerd.grpc.v1.cri': { containerd: { snapshotter: 'strata' } } },
    });
  });

  it('keeps names and paths whole', () => {
    const name = 'my "own".strata';
    const { proxy_plugins: proxies } = read(shown({ name, address: '/a "b"/s.sock', root: '/tab\there' }));
    assert.deepEqual(Reflect.get(Object(proxies), name), {
      type: 'snapshot',
      address: '/a "b"/s.sock',
      capabilities: ['remap-ids', 'rebase'],
      exports: { root: '/tab\there' },
    });
  });

  it('says for which containerd it is, in which file', () => {
    assert.match(shown({ configFile: '/c\u001b.toml' }), /^# For containerd 2\.3\.0, in "\/c\\u001b\.toml"\./);
  });
});
