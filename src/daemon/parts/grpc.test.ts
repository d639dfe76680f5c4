import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { temporaryServer } from '../../../tests/support/grpc-server.js';
import { newRoot, snapshotterPart, startParts, storePart } from '../../../tests/support/plugins.js';
import { InvalidArgumentError, NotImplementedError } from '../../errors/index.js';
import type { PluginSet } from '../../plugins/index.js';
import { StatWatch } from '../front/stat-watch.js';
import { defaultSnapshotterPlugin } from './default-snapshotter.js';
import { eventPlugin } from './events.js';
import {
  eventsGrpcPlugin,
  introspectionGrpcPlugin,
  namespacesGrpcPlugin,
  snapshotsGrpcPlugin,
  versionGrpcPlugin,
} from './grpc.js';
import { metadataPlugin } from './metadata.js';
import { pluginTypes } from './plugin-types.js';
import { snapshotsServicePlugin } from './snapshots-service.js';

const parts = [
  storePart,
  snapshotterPart('native'),
  snapshotterPart('other'),
  eventPlugin,
  defaultSnapshotterPlugin,
  metadataPlugin,
  snapshotsServicePlugin,
  snapshotsGrpcPlugin,
  eventsGrpcPlugin,
  namespacesGrpcPlugin,
  introspectionGrpcPlugin,
  versionGrpcPlugin,
];

interface Choices {
  readonly proxy: boolean;
  readonly fallback?: string;
}

/** Serves a daemon's services on a socket. */
async function serve(root: string, { proxy, fallback }: Choices) {
  let started: PluginSet | undefined;
  const reports = () => started?.reports ?? [];
  const config = { proxy, fallback, reports, snapshotter: 'auto', stats: new StatWatch() };
  started = (await startParts(root, parts, config)).plugins;
  const server = await temporaryServer([...started.all(pluginTypes.grpc).values()]);
  const dispose = async () => {
    await server[Symbol.asyncDispose]();
    await started.stop();
  };
  return { client: server.connect({ namespace: 'ci' }), [Symbol.asyncDispose]: dispose };
}

describe('the services of a daemon', () => {
  it('reach a snapshotter by its name, and the default one as auto', async (t) => {
    await using served = await serve(await newRoot(t), { proxy: false });
    const { client } = served;
    await client.snapshotter('other').prepare({ key: 'k' });
    await client.snapshotter('auto').prepare({ key: 'd' });
    assert.equal((await client.snapshotter('native').stat('d')).name, 'd');
    for (const [name, text] of [
      ['', 'snapshotter argument missing'],
      ['zfs', 'snapshotter not loaded: zfs'],
    ] as const) {
      await assert.rejects(client.snapshotter(name).stat('k'), new InvalidArgumentError(text));
    }
  });

  it('reach the snapshotter of the configuration by any name, for a containerd in front', async (t) => {
    const root = await newRoot(t);
    for (const [fallback, name] of [
      ['other', 'other'],
      ['auto', 'native'],
    ] as const) {
      await using served = await serve(root, { proxy: true, fallback });
      await served.client.snapshotter('strata').prepare({ key: fallback });
      assert.equal((await served.client.snapshotter(name).stat(fallback)).name, fallback);
    }
  });

  it('have no namespaces for a containerd in front', async (t) => {
    await using served = await serve(await newRoot(t), { proxy: true, fallback: 'auto' });
    await assert.rejects(served.client.namespaces.list(), NotImplementedError);
    const [namespaces] = await served.client.plugins(['id==namespaces']);
    assert.match(namespaces?.initError?.message ?? '', /the containerd in front keeps the namespaces: skip plugin/);
  });

  it('keep what is made for a containerd in front apart from the rest of a root', async (t) => {
    const root = await newRoot(t);
    {
      await using served = await serve(root, { proxy: true, fallback: 'native' });
      await served.client.snapshotter('native').prepare({ key: 'ci/1/k' });
    }
    await using served = await serve(root, { proxy: false });
    assert.deepEqual(await Array.fromAsync(served.client.snapshotter('native').walk()), []);
    await served.client.snapshotter('native').prepare({ key: 'ci/1/k' });
    assert.deepEqual(
      (await served.client.namespaces.list()).map(({ name }) => name),
      ['ci'],
    );
  });

  it('tell of every plugin, of themselves too, by an identity that stays', async (t) => {
    const root = await newRoot(t);
    const uuids = new Set<string>();
    for (let start = 0; start < 2; start++) {
      await using served = await serve(root, { proxy: false });
      assert.equal((await served.client.plugins()).length, parts.length);
      uuids.add((await served.client.server()).uuid);
    }
    assert.equal(uuids.size, 1);
  });
});
