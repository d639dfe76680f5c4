import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { MemoryDriver } from '../../../tests/support/memory-driver.js';
import { temporaryStore } from '../../../tests/support/store.js';
import type { BareLayer } from '../driver/bare-layer.js';
import type { SealedLayer } from '../driver/driver.js';
import { LocalSnapshotter, snapshotTables } from '../index.js';
import { bareLayersTable } from '../records/tables.js';

const bare: BareLayer = { mode: 0o755, uid: 1, gid: 4_000_000_000, mtimeNs: 1_764_000_000_123_456_789n };

/** Its layers have no content, unless they are said to. */
class BareDriver extends MemoryDriver {
  hasContent = false;
  synchronised = 0;
  readonly remade: [string, BareLayer][] = [];
  readonly broken = new Set<string>();
  readonly bareLayers = {
    remake: async (id: string, layer: BareLayer): Promise<boolean> => {
      if (this.broken.has(id)) throw new Error('no room');
      this.remade.push([id, layer]);
      const isThere = this.files.has(id);
      this.files.add(id);
      return !isThere;
    },
    synchronise: async (): Promise<void> => {
      this.synchronised += 1;
      if (this.broken.has('disk')) throw new Error('no disk');
    },
  };

  override async seal(...args: Parameters<MemoryDriver['seal']>): Promise<SealedLayer> {
    const usage = await super.seal(...args);
    return this.hasContent ? usage : { ...usage, bare };
  }
}

async function setUp(t: TestContext) {
  const { store, ...temporary } = await temporaryStore(snapshotTables);
  const driver = new BareDriver();
  const reported: string[] = [];
  const errors = { report: (task: string) => void reported.push(task) };
  const opened: LocalSnapshotter[] = [];
  const start = async () => {
    const snapshotter = await LocalSnapshotter.open({ name: 'memory', store, driver, errors });
    opened.push(snapshotter);
    return snapshotter;
  };
  t.after(async () => {
    for (const snapshotter of opened) await snapshotter.close();
    await temporary[Symbol.asyncDispose]();
  });
  const waiting = () => store.read((tx) => [...tx.range(bareLayersTable)].map(({ key: [, id], value }) => [id, value]));
  return { driver, reported, start, waiting };
}

async function commit(snapshotter: LocalSnapshotter, name: string): Promise<void> {
  await snapshotter.prepare({ key: `${name} in work` });
  await snapshotter.commit({ key: `${name} in work`, name });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20);
}

describe('layers that are recorded before they are on disk', () => {
  it('are described with their commit, and no longer when they are on disk', async (t) => {
    const { driver, start, waiting } = await setUp(t);
    const snapshotter = await start();
    await commit(snapshotter, 'first');
    await commit(snapshotter, 'second');
    assert.deepEqual(waiting(), [
      [1, bare],
      [2, bare],
    ]);
    assert.equal(driver.synchronised, 0);
    await until(() => waiting().length === 0);
    assert.equal(driver.synchronised, 1);
    assert.deepEqual(await snapshotter.usage('first'), { size: 4096, inodes: 1 });
  });

  it('are not those with content, and none whose commit is refused', async (t) => {
    const { driver, start, waiting } = await setUp(t);
    const snapshotter = await start();
    await commit(snapshotter, 'first');
    await assert.rejects(commit(snapshotter, 'first'));
    driver.hasContent = true;
    await commit(snapshotter, 'second');
    assert.deepEqual(
      waiting().map(([id]) => id),
      [1],
    );
  });

  it('are made again at the start, before they are looked for', async (t) => {
    const { driver, start, waiting, reported } = await setUp(t);
    const first = await start();
    await commit(first, 'layer');
    await commit(first, 'removed');
    await first.remove('removed');
    await first.close();
    driver.files.clear();
    const second = await start();
    assert.deepEqual(driver.remade, [['1', bare]]);
    await second.prepare({ key: 'over it', parent: 'layer' });
    const { missing, recreated } = await second.recover();
    assert.deepEqual([missing, recreated, reported], [[], 1, []]);
    await until(() => waiting().length === 0);
  });

  it('keep nobody else from starting when one cannot be made', async (t) => {
    const { driver, start, reported } = await setUp(t);
    const first = await start();
    await commit(first, 'one');
    await commit(first, 'two');
    await first.close();
    driver.broken.add('1');
    await start();
    assert.deepEqual(
      driver.remade.map(([id]) => id),
      ['2'],
    );
    assert.deepEqual(reported, ['make the empty layer 1 again']);
  });

  it('stay described while the disk takes nothing', async (t) => {
    const { driver, start, waiting, reported } = await setUp(t);
    const snapshotter = await start();
    driver.broken.add('disk');
    await commit(snapshotter, 'one');
    await until(() => reported.length > 0);
    assert.deepEqual(reported, ['put empty layers on disk']);
    assert.equal(waiting().length, 1);
    driver.broken.clear();
    await commit(snapshotter, 'two');
    await until(() => waiting().length === 0);
  });
});
