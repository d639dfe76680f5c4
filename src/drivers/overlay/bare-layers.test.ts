import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Driver, DriverSnapshot } from '../../snapshots/index.js';
import { noContext, noLabels } from '../../snapshots/index.js';
import { type OverlayOptions, openOverlayDriver } from './index.js';

async function open(t: TestContext, options: Omit<OverlayOptions, 'root'> = {}) {
  const root = join(mkdtempSync(join(tmpdir(), 'strata-overlay-')), 'root');
  const facts = { mountsWithUserXattr: async () => false, mountsWithMappedIds: async () => true };
  const driver = await openOverlayDriver({ root, ...options, facts });
  t.after(async () => {
    await driver.close();
    rmSync(root, { recursive: true, force: true });
  });
  const directory = join(root, 'snapshots', '1');
  return { driver, directory, files: join(directory, 'fs') };
}

const active: DriverSnapshot = { id: '1', kind: 'active', parentIds: [], labels: noLabels };

async function sealed(driver: Driver, change: () => void = () => undefined) {
  await driver.create(active, noContext);
  change();
  return driver.seal(active, noContext);
}

describe('a layer without content', () => {
  it('is described when it is sealed', async (t) => {
    const { driver, files } = await open(t);
    const { bare, inodes } = await sealed(driver, () => chmodSync(files, 0o700));
    const { uid, gid, mtimeNs } = lstatSync(files, { bigint: true });
    assert.equal(inodes, 1);
    assert.deepEqual(bare, { mode: 0o700, uid: Number(uid), gid: Number(gid), mtimeNs });
  });

  const others: readonly [string, Omit<OverlayOptions, 'root'>, ((files: string) => void)?][] = [
    ['there is a file in it', {}, (files) => writeFileSync(join(files, 'file'), '')],
    ['there is a directory in it', {}, (files) => mkdirSync(join(files, 'directory'))],
    ['a list of it has to be on disk', { manifest: true }],
    ['layers need not be on disk', { durability: 'metadata' }],
  ];
  for (const [what, options, change] of others) {
    it(`is not when ${what}`, async (t) => {
      const { driver, files } = await open(t, options);
      assert.equal((await sealed(driver, () => change?.(files))).bare, undefined);
    });
  }

  const losses: readonly [string, (places: { directory: string; files: string }) => void][] = [
    ['its directory is gone', ({ directory }) => rmSync(directory, { recursive: true })],
    ['its files are gone', ({ files }) => rmSync(files, { recursive: true })],
    [
      'what was deleted in it is back',
      ({ files }) => mkdirSync(join(files, 'deleted', 'long ago'), { recursive: true }),
    ],
    ['its mode is an older one', ({ files }) => chmodSync(files, 0o700)],
    ['a file is in its place', ({ files }) => rmSync(files, { recursive: true }) ?? writeFileSync(files, '')],
  ];
  for (const [what, lose] of losses) {
    it(`is made again when ${what}`, async (t) => {
      const { driver, directory, files } = await open(t);
      const { bare } = await sealed(driver);
      assert.ok(bare !== undefined && driver.bareLayers !== undefined);
      assert.equal(await driver.bareLayers.remake('1', bare), false);
      lose({ directory, files });
      assert.equal(await driver.bareLayers.remake('1', bare), true);
      assert.deepEqual(readdirSync(files), []);
      const { mode, mtimeNs } = lstatSync(files, { bigint: true });
      assert.deepEqual([mode & 0o7777n, mtimeNs], [0o755n, bare.mtimeNs]);
      assert.equal(lstatSync(directory).mode & 0o7777, 0o700);
      assert.equal(await driver.bareLayers.remake('1', bare), false);
    });
  }

  it('can be put on disk', async (t) => {
    const { driver } = await open(t);
    await sealed(driver);
    await driver.bareLayers?.synchronise();
  });
});
