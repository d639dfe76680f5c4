import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineService, temporaryServer, versionService } from '../../../tests/support/grpc-server.js';
import { InternalError, NotFoundError, ResourceExhaustedError, UnknownError } from '../../errors/index.js';
import { wireIntrospection } from '../proto/index.js';

const plugin: wireIntrospection.Plugin = {
  type: 't',
  id: 'i',
  requires: ['r'],
  platforms: [{ os: 'linux', architecture: 'arm64', variant: 'v8', osVersion: '6', osFeatures: ['x'] }],
  exports: new Map([['root', '/r']]),
  capabilities: ['c'],
  initErr: undefined,
};

/** A daemon that gives such plugins, and none of which anything is told by itself. */
function servePlugins(...plugins: readonly wireIntrospection.Plugin[]) {
  return temporaryServer([
    defineService(wireIntrospection.IntrospectionDefinition, {
      plugins: () => ({ plugins: [...plugins] }),
      server: () => ({ uuid: 'u', pid: 7, pidns: 9, deprecations: [] }),
      pluginInfo: () => ({ plugin: undefined, extra: undefined }),
    }),
  ]);
}

describe('what a daemon tells about itself', () => {
  it('has the plugins, without what nobody here asks for', async () => {
    await using server = await servePlugins(plugin);
    const platforms = [{ os: 'linux', architecture: 'arm64', variant: 'v8' }];
    const { initErr: _, ...described } = plugin;
    assert.deepEqual(await server.connect().plugins(), [{ ...described, platforms }]);
  });

  it('has their failures in their classes, and one without a class as unknown', async () => {
    const failing = (code: number) => ({
      ...plugin,
      initErr: { code, message: 'disk full: resource exhausted', details: [] },
    });
    await using server = await servePlugins(failing(8), failing(0));
    const [full, other] = await server.connect().plugins();
    assert.ok(full?.initError instanceof ResourceExhaustedError);
    assert.equal(full.initError.message, 'disk full: resource exhausted');
    assert.ok(other?.initError instanceof UnknownError);
  });

  it('must hold what was asked for', async () => {
    await using server = await servePlugins();
    await assert.rejects(server.connect().pluginInfo(plugin), new InternalError('the answer holds no plugin'));
    assert.deepEqual(await server.connect().server(), { uuid: 'u', pid: 7, pidns: 9 });
  });

  it('has its version', async () => {
    await using server = await temporaryServer([versionService({ version: '1.2.3', revision: 'abc' })]);
    assert.deepEqual(await server.connect().version(), { version: '1.2.3', revision: 'abc' });
  });
});

describe('the health of a daemon', () => {
  it('is that of a service, or of the daemon as a whole', async () => {
    await using server = await temporaryServer([versionService({ version: '1', revision: '' })]);
    const client = server.connect();
    assert.equal(await client.health(), 'serving');
    assert.equal(await client.health('containerd.services.version.v1.Version'), 'serving');
    await assert.rejects(client.health('no.such.Service'), NotFoundError);
  });

  it('is told when the daemon is about to stop', async () => {
    await using served = await temporaryServer([versionService({ version: '1', revision: '' })]);
    served.server.setNotServing();
    assert.equal(await served.connect().health(), 'not-serving');
  });
});
