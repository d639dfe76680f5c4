/** Layers whose blocks the kernel checks. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { mountsBelow, newRoot, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { loopFileSystem } from '../../../tests/support/loop-file-system.js';
import { FailedPreconditionError, NotImplementedError } from '../../errors/index.js';
import { temporaryMount, unmountAll, verityDigest } from '../../linux/index.js';
import { type Driver, type DriverSnapshot, noContext, noLabels } from '../../snapshots/index.js';
import { type ErofsOptions, openErofsDriver, unsealedLayers } from './index.js';

async function open(t: TestContext, root: string, options: Omit<ErofsOptions, 'root'>): Promise<Driver> {
  const driver = await openErofsDriver({ root, onBackgroundError: (error) => assert.fail(String(error)), ...options });
  t.after(() => driver.close());
  return driver;
}

const snapshot = (of: Partial<DriverSnapshot>): DriverSnapshot => ({
  id: '9',
  kind: 'active',
  parentIds: [],
  labels: noLabels,
  ...of,
});

const over = snapshot({ id: '2', parentIds: ['1'] });

const imageOf = (driver: Driver) => join(driver.root, 'snapshots/1/layer.erofs');

async function makeLayer(driver: Driver): Promise<void> {
  await driver.create(snapshot({ id: '1' }), noContext);
  writeFileSync(join(driver.root, 'snapshots/1/fs/file'), 'text');
  await driver.seal(snapshot({ id: '1' }), noContext);
  await driver.committed?.(['1'], noContext);
}

async function refuses(driver: Driver): Promise<void> {
  await assert.rejects(driver.create(over, noContext), (error) => {
    assert.ok(error instanceof FailedPreconditionError);
    assert.match(error.message, /layer 1 is not protected by fs-verity, which enable_fsverity = true wants/);
    return true;
  });
  assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), ['1']);
  assert.deepEqual(mountsBelow(driver.root), []);
}

describe('fs-verity that is asked for', { skip: whyNoErofs() }, () => {
  const lacks = {
    triesVerity: async () => {
      throw new NotImplementedError('fsverity is not supported');
    },
  };

  it('is refused where it cannot be had, and left out with auto', async (t) => {
    await assert.rejects(open(t, newRoot(t), { fsverity: true, facts: lacks }), NotImplementedError);
    const driver = await open(t, newRoot(t), { fsverity: 'auto', facts: lacks });
    await makeLayer(driver);
    await driver.create(over, noContext);
  });

  it('lets nothing be based on a layer that is not protected, except with auto', async (t) => {
    const root = newRoot(t);
    await makeLayer(await open(t, root, {}));
    const facts = { triesVerity: async () => undefined };
    await refuses(await open(t, root, { fsverity: true, facts }));
    assert.deepEqual(unsealedLayers(root), ['1']);
    const driver = await open(t, root, { fsverity: 'auto', facts });
    await driver.create(over, noContext);
    await using mounted = await temporaryMount(driver.mounts(over));
    assert.equal(readFileSync(join(mounted.path, 'file'), 'utf8'), 'text');
  });
});

const whyNoVerity = whyNoErofs() || (!existsSync('/sys/fs/ext4/features/verity') && 'this kernel has no fs-verity');

describe('fs-verity of the kernel', { skip: whyNoVerity }, () => {
  async function verityRoot(t: TestContext): Promise<string> {
    const place = await loopFileSystem({
      type: 'ext4',
      size: 64 * 2 ** 20,
      mkfsOptions: ['-O', 'verity', '-b', '4096'],
    });
    t.after(async () => {
      for (const point of mountsBelow(place.path).reverse()) await unmountAll(point, { detach: true });
      await place[Symbol.asyncDispose]();
    });
    return join(place.path, 'root');
  }

  for (const fsverity of [true, 'auto'] as const) {
    it(`protects each layer with ${fsverity}, which can be used and deleted`, async (t) => {
      const driver = await open(t, await verityRoot(t), { fsverity });
      await makeLayer(driver);
      assert.deepEqual(unsealedLayers(driver.root), []);
      assert.match(verityDigest(imageOf(driver)) ?? '', /^[0-9a-f]{64}$/);
      assert.throws(() => openSync(imageOf(driver), 'r+'), { code: 'EPERM' });
      await driver.create(over, noContext);
      {
        await using mounted = await temporaryMount(driver.mounts(over));
        assert.equal(readFileSync(join(mounted.path, 'file'), 'utf8'), 'text');
      }
      await driver.discard(['2', '1'], noContext);
      assert.deepEqual(readdirSync(join(driver.root, 'snapshots')), []);
    });
  }

  it('tells a layer that was replaced by a copy of it', async (t) => {
    const driver = await open(t, await verityRoot(t), { fsverity: true });
    await makeLayer(driver);
    copyFileSync(imageOf(driver), `${imageOf(driver)}.copy`);
    renameSync(`${imageOf(driver)}.copy`, imageOf(driver));
    assert.equal(verityDigest(imageOf(driver)), undefined);
    await refuses(driver);
  });
});
