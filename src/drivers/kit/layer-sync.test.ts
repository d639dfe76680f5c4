import assert from 'node:assert/strict';
import { copyFile, lchown, lstat, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { CanceledError } from '../../errors/index.js';
import { attachLoop, liesInOneJournal, makeFileSystem, mountAll, unmountAll } from '../../linux/index.js';
import { type LayerFiles, LayerSync, type LayerSyncFacts, smallLayer } from './layer-sync.js';

const MIB = 2 ** 20;

async function temporaryDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-sync-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function makeLayer(root: string): Promise<LayerFiles> {
  const directory = path.join(root, '1');
  const files = path.join(directory, 'fs');
  await mkdir(path.join(files, 'inside', 'deeper'), { recursive: true });
  await writeFile(path.join(files, 'inside', 'deeper', 'file'), 'content');
  return { path: files, parents: [directory, root], inodes: 4 };
}

/** A LayerSync, and how often it synchronised the whole file system, or its journal. */
function counting(directory: string, facts: Partial<LayerSyncFacts>) {
  const counts = { whole: 0, journal: 0 };
  const count = (what: keyof typeof counts) => ({
    sync: async (): Promise<void> => {
      counts[what]++;
    },
  });
  return { counts, layers: new LayerSync(directory, { whole: count('whole'), journal: count('journal'), ...facts }) };
}

describe('LayerSync', () => {
  for (const [inodes, counted] of [
    [smallLayer, 0],
    [smallLayer + 1, 1],
  ] as const) {
    it(`synchronises ${counted === 1 ? 'everything' : 'file by file'} for a layer of ${inodes} inodes`, async (t) => {
      const directory = await temporaryDirectory(t);
      const { counts, layers } = counting(directory, {});
      await layers.sync({ ...(await makeLayer(directory)), inodes });
      assert.equal(counts.whole, counted);
    });
  }

  it('begins early for a layer that is seen to be larger, and for no other', async (t) => {
    const directory = await temporaryDirectory(t);
    const layer = path.join(directory, 'layer');
    const { counts, layers } = counting(directory, {});
    assert.equal(layers.early(layer), undefined, 'there is none');
    await mkdir(layer);
    for (const [file, wanted] of [
      ['', false],
      ['one', false],
      ['two', true],
      ['three', true],
    ] as const) {
      if (file !== '') await writeFile(path.join(layer, file), '');
      const early = layers.early(layer);
      assert.equal(early !== undefined, wanted, file);
      await early;
    }
    assert.equal(counts.whole, 2);
  });

  it('counts layers that come at the same time together', async (t) => {
    const directory = await temporaryDirectory(t);
    const { counts, layers } = counting(directory, { hasOneJournal: true });
    const layer = { ...(await makeLayer(directory)), inodes: smallLayer };
    await Promise.all(Array.from({ length: 8 }, () => layers.sync(layer)));
    assert.equal(counts.whole, 7);
    await layers.sync(layer);
    assert.equal(counts.whole, 7);
  });

  it('synchronises everything for a layer with links, where an fsync tells nothing about them', async (t) => {
    const directory = await temporaryDirectory(t);
    const layer = { ...(await makeLayer(directory)), inodes: smallLayer };
    await symlink('file', path.join(layer.path, 'link'));
    for (const hasOneJournal of [true, false]) {
      const { counts, layers } = counting(directory, { hasOneJournal });
      await layers.sync(layer);
      assert.equal(counts.whole, hasOneJournal ? 0 : 1);
    }
  });

  it('commits the journal for a layer without files, where there is one; walks it elsewhere', async (t) => {
    const directory = await temporaryDirectory(t);
    const layer = { ...(await makeLayer(directory)), inodes: 1 };
    for (const [hasOneJournal, wanted] of [
      [true, { whole: 0, journal: 1 }],
      [false, { whole: 0, journal: 0 }],
    ] as const) {
      const { counts, layers } = counting(directory, { hasOneJournal });
      await layers.sync(layer);
      assert.deepEqual(counts, wanted);
    }
  });

  it('gives up when it is aborted', async (t) => {
    const directory = await temporaryDirectory(t);
    const { counts, layers } = counting(directory, {});
    const abort = new AbortController();
    const synced = layers.sync({ ...(await makeLayer(directory)), inodes: smallLayer }, abort.signal);
    abort.abort();
    await assert.rejects(synced, CanceledError);
    assert.equal(counts.whole, 0);
  });

  it('rejects when the layer is gone and the file system cannot be synchronised', async () => {
    const layer = { path: '/nowhere/at/all', parents: [], inodes: smallLayer + 1 };
    await assert.rejects(new LayerSync('/nowhere').sync(layer), { code: 'ENOENT' });
  });
});

/** What a disk holds at this moment, as another file system: what a power cut would leave. */
async function afterPowerCut(image: string, look: (root: string) => Promise<void>): Promise<void> {
  const copy = `${image}.copy`;
  await copyFile(image, copy);
  try {
    await mounted(copy, look);
  } finally {
    await rm(copy);
  }
}

async function mounted(image: string, use: (root: string) => Promise<void>): Promise<void> {
  const target = await mkdtemp(`${image}.`);
  try {
    using device = attachLoop(image);
    // Without times of access, which would change the directories that are listed.
    await mountAll([{ type: 'ext4', source: device.path, target: '', options: ['noatime'] }], target);
    await use(target);
  } finally {
    await unmountAll(target);
  }
}

const journals = { 'a journal': [], 'no journal': ['-O', '^has_journal'] } as const;

async function makeImage(t: TestContext, options: readonly string[]): Promise<string> {
  const image = path.join(await temporaryDirectory(t), 'image');
  await writeFile(image, '');
  await truncate(image, 64 * MIB);
  await makeFileSystem({ type: 'ext4', path: image, options });
  return image;
}

for (const [journal, options] of Object.entries(journals)) {
  describe(`a layer that was synchronised on ext4 with ${journal}`, { skip: whyNoLoopFileSystem('ext4') }, () => {
    const ways = { 'file by file': smallLayer, 'with everything': smallLayer + 1 };
    for (const [way, inodes] of Object.entries(ways)) {
      it(`${way} is whole after a power cut`, async (t) => {
        const image = await makeImage(t, options);
        await mounted(image, async (root) => {
          const layer = { ...(await makeLayer(root)), inodes };
          const sync = () => new LayerSync(root).sync(layer);
          await symlink('file', path.join(layer.path, 'link'));
          await sync();
          // Nothing but the owner of the link changes, which no file or directory of the layer knows of.
          await lchown(path.join(layer.path, 'link'), 7, 8);
          await sync();
          await writeFile(path.join(layer.path, 'unsynchronised'), 'content');
          await afterPowerCut(image, async (found) => {
            const files = path.join(found, '1', 'fs');
            assert.equal(await readFile(path.join(files, 'inside', 'deeper', 'file'), 'utf8'), 'content');
            const { uid, gid } = await lstat(path.join(files, 'link'));
            assert.deepEqual({ uid, gid }, { uid: 7, gid: 8 });
            await assert.rejects(lstat(path.join(files, 'unsynchronised')), { code: 'ENOENT' });
          });
        });
      });
    }

    it('without files is there after a power cut, with its owner and its attributes', async (t) => {
      const image = await makeImage(t, options);
      await mounted(image, async (root) => {
        assert.equal(liesInOneJournal(root), journal === 'a journal');
        const directory = path.join(root, '1');
        const layer: LayerFiles = {
          path: path.join(directory, 'fs'),
          parents: [directory, root],
          inodes: 1,
        };
        const layers = new LayerSync(root);
        for (const uid of [7, 8]) {
          await mkdir(layer.path, { recursive: true });
          await lchown(layer.path, uid, uid);
          await layers.sync(layer);
          await mkdir(path.join(directory, `unsynchronised-${uid}`));
          await afterPowerCut(image, async (found) => {
            assert.equal((await lstat(path.join(found, '1', 'fs'))).uid, uid);
            await assert.rejects(lstat(path.join(found, '1', `unsynchronised-${uid}`)), { code: 'ENOENT' });
          });
        }
      });
    });
  });
}
