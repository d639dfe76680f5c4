import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { temporaryServer } from '../../../tests/support/grpc-server.js';
import { frame, RawConnection } from '../../../tests/support/raw-grpc.js';
import { InternalError, InvalidArgumentError, NotFoundError } from '../../errors/index.js';
import type { PluginReport } from '../../plugins/index.js';
import { encodeMessage, wireIntrospection } from '../proto/index.js';
import { introspectionService } from './introspection-service.js';

const works: PluginReport = {
  type: 'io.containerd.snapshotter.v1',
  id: 'overlayfs',
  requires: ['io.strata.store.v1'],
  status: 'ok',
  exports: new Map([['root', '/r']]),
  capabilities: ['rebase'],
  platforms: [
    { os: 'linux', architecture: 'amd64' },
    { os: 'linux', architecture: 'arm', variant: 'v7' },
  ],
};
const nothing = { requires: [], exports: new Map(), capabilities: [], platforms: [] };
const skipped: PluginReport = {
  ...nothing,
  type: works.type,
  id: 'btrfs',
  status: 'skipped',
  error: new Error('/r is ext4: skip plugin'),
};
const failed: PluginReport = {
  ...nothing,
  type: 'io.strata.store.v1',
  id: 'store',
  status: 'failed',
  error: new InternalError('it broke'),
};

const serve = () => temporaryServer([introspectionService({ plugins: () => [works, skipped, failed], uuid: 'f00d' })]);

describe('the introspection service', () => {
  it('lists plugins in their order, with all that is known of them', async () => {
    await using server = await serve();
    const plugins = await server.connect().plugins();
    const { status: _, ...described } = works;
    const platforms = works.platforms.map(({ variant = '', ...platform }) => ({ ...platform, variant }));
    assert.deepEqual(plugins[0], { ...described, platforms });
    assert.deepEqual(
      plugins.map(({ id, initError }) => [id, initError?.message]),
      [
        ['overlayfs', undefined],
        ['btrfs', '/r is ext4: skip plugin: unknown'],
        ['store', 'it broke: internal: unknown'],
      ],
    );
  });

  it('lists what one of the filters lets through', async () => {
    await using server = await serve();
    const ids = async (...filters: readonly string[]) => (await server.connect().plugins(filters)).map(({ id }) => id);
    assert.deepEqual(await ids('id==store'), ['store']);
    assert.deepEqual(await ids('type~=snapshotter,id!=btrfs', 'id==store'), ['overlayfs', 'store']);
    assert.deepEqual(await ids('id==zfs'), []);
    await assert.rejects(ids('id=='), InvalidArgumentError);
  });

  it('describes one, and says when there is none', async () => {
    await using server = await serve();
    const client = server.connect();
    assert.deepEqual((await client.pluginInfo(works)).capabilities, ['rebase']);
    await assert.rejects(client.pluginInfo({ type: works.type, id: 'zfs' }), (error: unknown) => {
      assert.ok(error instanceof NotFoundError);
      assert.match(error.message, /io\.containerd\.snapshotter\.v1\.zfs/);
      return true;
    });
  });

  const refusals: readonly (readonly [PluginReport, number, string])[] = [
    [works, 12, 'plugin io.containerd.snapshotter.v1.overlayfs has no further information: not implemented'],
    [failed, 9, 'plugin io.strata.store.v1.store did not start: failed precondition'],
  ];
  for (const [{ type, id }, status, message] of refusals) {
    it(`knows nothing further about ${id}`, async () => {
      await using server = await serve();
      await using raw = new RawConnection(server.socket);
      const options = { typeUrl: 'example.Options', value: new Uint8Array() };
      const body = frame(encodeMessage(wireIntrospection.PluginInfoRequest, { type, id, options }));
      const answer = await raw.call({ path: '/containerd.services.introspection.v1.Introspection/PluginInfo', body });
      assert.deepEqual([answer.status, answer.message], [status, message]);
    });
  }

  it('tells of the process', async () => {
    await using server = await serve();
    const pidns = statSync('/proc/self/ns/pid').ino;
    assert.deepEqual(await server.connect().server(), { uuid: 'f00d', pid: process.pid, pidns });
  });
});
