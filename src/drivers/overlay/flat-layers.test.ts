import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setAttribute } from '../../linux/index.js';
import { FlatLayers, type FlatLayersOptions } from './flat-layers.js';

function newRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-flat-'));
  mkdirSync(join(root, 'snapshots'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** Makes the files of layers: each has one of its own, and `last` with its id. */
function makeLayers(root: string, ...ids: readonly number[]): void {
  for (const id of ids) {
    const files = join(root, 'snapshots', String(id), 'fs');
    mkdirSync(files, { recursive: true });
    writeFileSync(join(files, `file-${id}`), '');
    writeFileSync(join(files, 'last'), String(id));
  }
}

function open(t: TestContext, root: string, options: Partial<FlatLayersOptions> = {}): FlatLayers {
  const onError = (error: unknown) => assert.fail(String(error));
  const flats = new FlatLayers({ root, depth: 3, durable: true, space: 'trusted', onError, ...options });
  t.after(() => flats.close());
  return flats;
}

/** A snapshot over the layers from a number down to 1. */
const over = (id: number, top: number) => ({
  id: String(id),
  parentIds: Array.from({ length: top }, (_, index) => String(top - index)),
});

/** What a snapshot is based on, by the names below the root. */
const lowersOf = (flats: FlatLayers, root: string, snapshot: ReturnType<typeof over>): string[] =>
  flats.lowers(snapshot).map((path) => path.replace(`${root}/`, '').replace(/\/fs$/, ''));

const flatOnes = (root: string): string[] => readdirSync(join(root, 'flat')).sort();

describe('flat layers', () => {
  it('take the place of the layers for snapshots that come later', async (t) => {
    const root = newRoot(t);
    makeLayers(root, 1, 2, 3, 4, 10);
    const flats = open(t, root);
    flats.consider(over(10, 4));
    const long = ['snapshots/4', 'snapshots/3', 'snapshots/2', 'snapshots/1'];
    assert.deepEqual(lowersOf(flats, root, over(10, 4)), long);
    await flats.settled();
    assert.deepEqual(flatOnes(root), ['4-10']);
    assert.deepEqual(lowersOf(flats, root, over(10, 4)), long);
    assert.deepEqual(lowersOf(flats, root, over(11, 4)), ['flat/4-10']);
    assert.deepEqual(lowersOf(flats, root, over(12, 6)), ['snapshots/6', 'snapshots/5', 'flat/4-10']);
    const merged = join(root, 'flat/4-10');
    assert.deepEqual(readdirSync(merged).sort(), ['file-1', 'file-2', 'file-3', 'file-4', 'last']);
    assert.equal(readFileSync(join(merged, 'last'), 'utf8'), '4');
  });

  it('are made of chains that are deeper than configured, and of no others', async (t) => {
    const root = newRoot(t);
    makeLayers(root, 1, 2, 3, 4);
    const [flats, never] = [open(t, root), open(t, root, { depth: 0 })];
    flats.consider(over(10, 3));
    never.consider(over(10, 4));
    await Promise.all([flats.settled(), never.settled()]);
    assert.deepEqual(flatOnes(root), []);
  });

  it('are made of others, again and again while a chain grows', async (t) => {
    const root = newRoot(t);
    const flats = open(t, root);
    for (let top = 1; top <= 20; top += 1) {
      makeLayers(root, top);
      flats.consider(over(100 + top, top));
      await flats.settled();
    }
    assert.deepEqual(flatOnes(root), ['10-110', '13-113', '16-116', '19-119', '4-104', '7-107']);
    const newest = over(200, 20);
    assert.deepEqual(lowersOf(flats, root, newest), ['snapshots/20', 'flat/19-119']);
    assert.equal(readdirSync(join(root, 'flat/19-119')).length, 20);
  });

  it('serve snapshots that overlay could not mount otherwise, whenever they were made', async (t) => {
    const root = newRoot(t);
    makeLayers(root, ...Array.from({ length: 501 }, (_, index) => index + 1));
    const flats = open(t, root, { durable: false });
    const old = over(600, 501);
    flats.consider(old);
    await flats.settled();
    assert.deepEqual(lowersOf(flats, root, old), ['flat/501-600']);
  });

  it('are found again, and what a crash left of one is deleted', async (t) => {
    const root = newRoot(t);
    makeLayers(root, 1, 2, 3, 4);
    const before = open(t, root);
    before.consider(over(10, 4));
    await before.settled();
    await before.close();
    mkdirSync(join(root, 'flat/new-9'));
    mkdirSync(join(root, 'flat/77-78'));
    const after = open(t, root);
    assert.deepEqual(lowersOf(after, root, over(11, 4)), ['flat/4-10']);
    await after.close();
    assert.deepEqual(flatOnes(root), ['4-10']);
  });

  it('go with their topmost layer, also while they are made', async (t) => {
    const root = newRoot(t);
    makeLayers(root, 1, 2, 3, 4);
    const flats = open(t, root);
    flats.consider(over(10, 4));
    await flats.drop(['4'], undefined);
    assert.deepEqual(flatOnes(root), []);
    flats.consider(over(11, 4));
    await flats.settled();
    await flats.drop(['3'], undefined);
    assert.deepEqual(flatOnes(root).length, 1);
    await flats.drop(['4'], undefined);
    assert.deepEqual(flatOnes(root), []);
    assert.equal(lowersOf(flats, root, over(12, 4)).length, 4);
  });

  it('end with the driver, and leave nothing half made', async (t) => {
    const root = newRoot(t);
    makeLayers(root, 1, 2, 3, 4);
    const flats = open(t, root);
    flats.consider(over(10, 4));
    await flats.close();
    assert.deepEqual(flatOnes(root), []);
    flats.consider(over(11, 4));
    await flats.settled();
    assert.deepEqual(flatOnes(root), []);
  });

  it('are not made of what cannot be merged, which is said once', {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async (t) => {
    const root = newRoot(t);
    makeLayers(root, 1, 2, 3, 4, 5);
    mkdirSync(join(root, 'snapshots/2/fs/renamed'));
    setAttribute(join(root, 'snapshots/2/fs/renamed'), 'trusted.overlay.redirect', Buffer.from('/before'));
    const said: string[] = [];
    const flats = open(t, root, { onError: (error) => said.push(String(error)) });
    for (const snapshot of [over(10, 4), over(11, 4), over(12, 5)]) {
      flats.consider(snapshot);
      await flats.settled();
    }
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /cannot be merged/);
    assert.deepEqual(flatOnes(root), []);
    assert.equal(lowersOf(flats, root, over(13, 5)).length, 5);
  });
});
