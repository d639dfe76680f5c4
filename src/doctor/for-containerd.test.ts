import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DoctorFactsChange, doctorFacts } from '../../tests/support/doctor-facts.js';
import { pluginTypes } from '../daemon/index.js';
import { forContainerd } from './for-containerd.js';

const files = doctorFacts().settings.backEndRoots;

function wanted(version: string | undefined, change: DoctorFactsChange = {}, backEnd = 'overlayfs') {
  return forContainerd(doctorFacts({ ...change, containerd: { version, ...change.containerd } }), backEnd);
}

describe('what containerd is to be told', () => {
  const versions: readonly (readonly [
    version: string,
    format: 2 | 3,
    capabilities: readonly string[],
    exports: boolean,
  ])[] = [
    ['1.6.20~ds1', 2, [], false],
    ['1.7', 2, [], true],
    ['v2.0.0', 3, ['remap-ids'], true],
    ['2.2.4+unknown', 3, ['remap-ids'], true],
    ['2.3.0-beta.1', 3, ['remap-ids', 'rebase'], true],
    ['3.0.0', 3, ['remap-ids', 'rebase'], true],
  ];
  for (const [version, format, capabilities, exports] of versions) {
    it(`fits ${version}`, () => {
      const { unpack, ...rest } = wanted(version) ?? {};
      assert.deepEqual(rest, {
        containerd: version,
        configFile: '/etc/containerd/config.toml',
        format,
        name: 'strata',
        address: '/run/strata/strata.sock',
        capabilities,
        root: exports ? files.overlayfs : undefined,
      });
      const all = { platform: 'linux/amd64', snapshotters: ['strata', 'overlayfs'] };
      assert.deepEqual(unpack, exports ? all : undefined);
    });
  }

  it('is not known where the version is not', () => {
    for (const version of [undefined, 'unknown', '', 'two', '2', '2.1 \u001b[31m'])
      assert.equal(wanted(version), undefined);
  });

  it('keeps the name by which containerd knows Strata', () => {
    const proxies = doctorFacts().containerd.proxies.map((proxy) => ({ ...proxy, name: 'mine' }));
    const found = wanted('2.3', { containerd: { proxies } });
    assert.deepEqual([found?.name, found?.unpack?.snapshotters], ['mine', ['mine', 'overlayfs']]);
  });

  it('spells the platform as Go does', () => {
    assert.equal(wanted('2.3', { machine: { architecture: 'arm64' } })?.unpack?.platform, 'linux/arm64');
  });

  it('has only what can be done here', () => {
    assert.deepEqual(wanted('2.3', { overlay: { mapsIds: 'fails' } })?.capabilities, ['rebase']);
    assert.deepEqual(wanted('2.3', { machine: { inUserNamespace: true } })?.capabilities, ['remap-ids']);
    const native = wanted('2.3', {}, 'native');
    assert.deepEqual([native?.capabilities, native?.root], [[], files.native]);
    assert.equal(wanted('2.3', {}, 'of-a-package')?.root, undefined);
  });

  it('has what the daemon that runs says of itself', () => {
    const plugin = {
      type: pluginTypes.snapshotter.uri,
      id: 'overlayfs',
      skipped: false,
      capabilities: ['only-remap-ids', 'remap-ids'],
      exports: new Map([['root', '/elsewhere']]),
    };
    const found = wanted('2.3', { daemon: { plugins: [plugin] } });
    assert.deepEqual([found?.capabilities, found?.root], [['remap-ids'], '/elsewhere']);
    const broken = wanted('2.3', { daemon: { plugins: [{ ...plugin, problem: 'no' }] } });
    assert.equal(broken?.root, files.overlayfs);
  });
});
