import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pluginName } from '../../plugins/index.js';
import { type Config, defaultConfig } from '../config/index.js';
import { createLogger } from '../logging/logger.js';
import { type BuiltinOptions, builtinPlugins, configsByName } from './builtins.js';

function plugins(change: Partial<Config> = {}) {
  const config: Config = { ...defaultConfig({ uid: 0, gid: 0, variables: {} }), ...change };
  const logger = createLogger({ level: 'silent', format: 'json' });
  const options: BuiltinOptions = { config, logger, reports: () => [], answering: Promise.resolve() };
  return { config, all: builtinPlugins(options) };
}

const settingsOf = (change: Partial<Config>, name: string) =>
  Object(configsByName(plugins(change).all).get(name)) as Readonly<Record<string, unknown>>;

describe('the plugins of the daemon', () => {
  it('have names of their own', () => {
    const names = plugins().all.map(({ plugin }) => pluginName(plugin));
    assert.equal(new Set(names).size, names.length);
  });

  it('are started after all that they require', () => {
    const { all } = plugins();
    const types = all.map(({ plugin }) => plugin.type.uri);
    for (const [index, { plugin }] of all.entries()) {
      for (const { uri } of plugin.requires ?? []) {
        assert.ok(types.slice(0, index).includes(uri), `${pluginName(plugin)} requires ${uri}`);
      }
    }
  });

  it('have a snapshotter for every section of settings that there is', () => {
    const { config, all } = plugins();
    const snapshotters = all.filter(({ plugin }) => plugin.type.uri === 'io.containerd.snapshotter.v1');
    const names = snapshotters.map(({ plugin }) => pluginName(plugin));
    assert.deepEqual(names.sort(), Object.keys(config.plugins).sort());
  });

  it('answer with another snapshotter only for a containerd in front', () => {
    const name = 'io.containerd.grpc.v1.snapshots';
    const { proxy } = defaultConfig();
    assert.equal(settingsOf({}, name)['fallback'], undefined);
    assert.equal(settingsOf({ proxy: { ...proxy, enabled: true, snapshotter: 'native' } }, name)['fallback'], 'native');
    assert.equal(settingsOf({ proxy: { ...proxy, snapshotter: 'native' } }, name)['fallback'], undefined);
  });

  it('look for backups where the schedule puts them', () => {
    const backup = { ...plugins().config.backup, directory: '/b' };
    assert.equal(settingsOf({ backup }, 'io.strata.store.v1.sqlite')['backups'], '/b');
    assert.equal(settingsOf({}, 'io.strata.store.v1.sqlite')['backups'], '/var/lib/strata/io.strata.backup.v1.records');
  });
});
