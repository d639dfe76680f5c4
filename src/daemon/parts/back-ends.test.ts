import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { directoryWithoutUpper } from '../../../tests/support/no-upper.js';
import { temporaryStore } from '../../../tests/support/store.js';
import { noFaults } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { SkipPlugin } from '../../plugins/index.js';
import { type Config, defaultConfig } from '../config/index.js';
import { backEnds } from './back-ends.js';

function withSettings(section: keyof Config['plugins'], settings: object): Pick<Config, 'plugins'> {
  const { plugins } = defaultConfig();
  return { plugins: { ...plugins, [section]: { ...plugins[section], ...settings } } };
}

describe('the back ends', () => {
  it('are those of the configuration, overlayfs first', () => {
    const ids = backEnds(defaultConfig()).map(({ id }) => id);
    assert.equal(ids[0], 'overlayfs');
    const sections = Object.keys(defaultConfig().plugins).filter((name) => name.includes('.snapshotter.'));
    assert.deepEqual([...ids].sort(), sections.map((name) => name.replace(/^.*\.v1\./, '')).sort());
  });

  it('take their place, their way of removing and their limits from their section', () => {
    const settings = { rootPath: '/data', syncRemove: true, limitPolicy: 'warn', defaultSizeLimit: 4096 };
    const native = backEnds(withSettings('io.containerd.snapshotter.v1.native', settings)).find(
      ({ id }) => id === 'native',
    );
    assert.deepEqual([native?.rootPath, native?.syncRemove], ['/data', true]);
    assert.deepEqual(native?.limits, { policy: 'warn', defaults: { bytes: 4096 } });
  });

  for (const id of ['overlayfs', 'erofs'] as const) {
    it(`leave ${id} out where overlay cannot be mounted`, {
      skip: process.getuid?.() !== 0 && 'needs root',
    }, async (t) => {
      const { store, ...temporary } = await temporaryStore();
      t.after(() => temporary[Symbol.asyncDispose]());
      const root = join(await directoryWithoutUpper(t), 'root');
      const place = { root, store, durability: 'none', faults: noFaults, report: () => undefined } as const;
      const backEnd = backEnds(defaultConfig()).find((each) => each.id === id);
      await assert.rejects(
        async () => backEnd?.open(place),
        (error) => {
          assert.ok(
            backEnd?.skippedBy?.some((Class) => error instanceof Class),
            String(error),
          );
          return id !== 'overlayfs' || /overlay cannot be mounted below .*: mount source/.test(String(error));
        },
      );
    });
  }

  it('leave devmapper out where no pool is configured, and want a size for its devices', async (t) => {
    const { store, ...temporary } = await temporaryStore();
    t.after(() => temporary[Symbol.asyncDispose]());
    const place = { root: '/nowhere', store, durability: 'none', faults: noFaults, report: () => undefined } as const;
    const open = async (settings: object) => {
      const all = backEnds(withSettings('io.containerd.snapshotter.v1.devmapper', settings));
      await all.find(({ id }) => id === 'devmapper')?.open(place);
    };
    await assert.rejects(open({}), SkipPlugin);
    await assert.rejects(open({ poolName: 'pool', baseImageSize: 0 }), InvalidArgumentError);
  });
});
