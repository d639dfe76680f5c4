import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { noFaults } from '../../base/index.js';
import { InvalidArgumentError } from '../../errors/index.js';
import { pluginName } from '../../plugins/index.js';
import { createLogger } from '../logging/logger.js';
import { ownDriverPlugins } from './own-drivers.js';

const config = {
  durability: 'full',
  logger: createLogger({ level: 'silent', format: 'json' }),
  answering: Promise.resolve(),
  faults: noFaults,
} as const;

describe('back ends of others', () => {
  it('are snapshotters by the names that they are given', () => {
    const open = () => new MemoryDriver();
    const plugins = ownDriverPlugins({ mine: open, 'other-1': open }, config);
    assert.deepEqual(
      plugins.map(({ plugin }) => pluginName(plugin)),
      ['io.containerd.snapshotter.v1.mine', 'io.containerd.snapshotter.v1.other-1'],
    );
    for (const plugin of plugins) assert.equal(plugin.config, config);
  });

  for (const name of ['', 'a/b', '../up', 'a b', '-a']) {
    it(`are not called ${JSON.stringify(name)}`, () => {
      assert.throws(() => ownDriverPlugins({ [name]: () => new MemoryDriver() }, config), InvalidArgumentError);
    });
  }
});
