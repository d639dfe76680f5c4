/** A daemon that is killed while it merges erofs layers. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endOf } from '../../../tests/support/die-at.js';
import { newRoot, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { type FaultPoint, faultPoints } from '../../base/index.js';
import { temporaryMount } from '../../linux/index.js';
import { type Driver, type DriverSnapshot, noContext, noLabels } from '../../snapshots/index.js';
import { openErofsDriver } from './index.js';

const program = fileURLToPath(new URL('./merge-killed.test.child.js', import.meta.url));
const points = faultPoints.filter((point) => point.startsWith('merge.'));

/** Whether the merged image is there when the process died at a point. */
const isThere: Readonly<Partial<Record<FaultPoint, boolean>>> = { 'merge.packed': false, 'merge.named': true };

const snapshot = (id: string, kind: DriverSnapshot['kind'], parentIds: readonly string[]): DriverSnapshot => {
  return { id, kind, parentIds, labels: noLabels };
};
const layers = [snapshot('1', 'committed', []), snapshot('2', 'committed', ['1'])];

async function open(t: TestContext, root: string): Promise<Driver> {
  const onBackgroundError = (error: unknown) => assert.fail(String(error));
  const driver = await openErofsDriver({ root, maxUnmergedLayers: 1, onBackgroundError });
  t.after(() => driver.close());
  return driver;
}

async function makeLayers(t: TestContext, root: string): Promise<void> {
  const driver = await open(t, root);
  for (const { id, parentIds } of layers) {
    const active = snapshot(id, 'active', parentIds);
    await driver.create(active, noContext);
    {
      await using mounted = await temporaryMount(driver.mounts(active));
      writeFileSync(`${mounted.path}/file-${id}`, id);
    }
    await driver.seal(active, noContext);
    await driver.committed?.([id], noContext);
  }
  await driver.close();
}

describe('a merge of erofs layers that is killed', { skip: whyNoErofs() }, () => {
  for (const point of points) {
    it(`at ${point} leaves nothing by halves, and the layers as they were`, async (t) => {
      const root = newRoot(t);
      await makeLayers(t, root);
      assert.equal(await endOf(program, [root, point]), 'SIGKILL');
      const driver = await open(t, root);
      const merged = `${root}/snapshots/2/fsmeta.erofs`;
      const view = snapshot('3', 'view', ['2', '1']);
      await driver.restore?.([...layers, view]);
      assert.deepEqual([existsSync(`${merged}.part`), existsSync(merged)], [false, isThere[point]]);
      await using mounted = await temporaryMount(driver.mounts(view));
      for (const { id } of layers) assert.equal(readFileSync(`${mounted.path}/file-${id}`, 'utf8'), id);
    });
  }
});
