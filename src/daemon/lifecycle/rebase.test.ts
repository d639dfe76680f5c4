import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { NotFoundError } from '../../errors/index.js';
import { setAttribute, temporaryMount } from '../../linux/index.js';
import type { Mount, Snapshotter } from '../../snapshots/index.js';
import { openStrata } from '../index.js';

/** What a layer does to the directory that it is unpacked into. */
type Layer = (root: string) => void;

const write =
  (name: string, text: string): Layer =>
  (root) =>
    writeFileSync(join(root, name), text);

/** As an unpacker writes a deletion into a layer that is not mounted over those below. */
const whiteout =
  (name: string): Layer =>
  (root) =>
    void execFileSync('mknod', [join(root, name), 'c', '0', '0']);

const opaque =
  (name: string): Layer =>
  (root) => {
    mkdirSync(join(root, name));
    setAttribute(join(root, name), 'trusted.overlay.opaque', Buffer.from('y'));
  };

const both =
  (...parts: readonly Layer[]): Layer =>
  (root) => {
    for (const part of parts) part(root);
  };

/** An image from the bottom to the top. Each layer can be written without those below. */
const image: readonly Layer[] = [
  both(write('kept', '1'), write('changed', '1'), write('deleted', '1'), (root) => mkdirSync(join(root, 'hidden'))),
  both(write('changed', '2'), (root) => mkdirSync(join(root, 'hidden')), write('hidden/below', '2')),
  both(whiteout('deleted'), opaque('hidden'), write('hidden/above', '3')),
  both(write('changed', '4'), write('last', '4')),
];

async function open(t: TestContext): Promise<Snapshotter> {
  const root = mkdtempSync(join(tmpdir(), 'strata-rebase-'));
  const strata = await openStrata({ root });
  t.after(async () => {
    await strata.close();
    rmSync(root, { recursive: true, force: true });
  });
  return strata.snapshotter();
}

/** The text of every file below a directory. */
function contents(root: string, directory = ''): Record<string, string> {
  const names = readdirSync(join(root, directory)).map((name) => join(directory, name));
  return Object.assign(
    {},
    ...names.map((name) =>
      statSync(join(root, name)).isDirectory()
        ? contents(root, name)
        : { [name]: readFileSync(join(root, name), 'utf8') },
    ),
  );
}

async function show(snapshotter: Snapshotter, parent: string): Promise<Record<string, string>> {
  await using mounted = await temporaryMount(await snapshotter.view({ key: `look at ${parent}`, parent }));
  return contents(mounted.path);
}

/** Unpacks into the files of a snapshot without parents, as containerd's unpacker does: not through a mount. */
function unpack(layer: Layer | undefined, [mount]: readonly Mount[]): void {
  assert.equal(mount?.type, 'bind');
  layer?.(mount?.source ?? '');
}

describe('rebase', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  it('puts together layers that were unpacked at the same time, as if one had been unpacked over the other', async (t) => {
    const snapshotter = await open(t);
    const keys = image.map((_layer, n) => `unpack ${n}`);
    const mounts = await Promise.all(keys.map((key) => snapshotter.prepare({ key })));
    for (const n of [2, 0, 3, 1]) unpack(image[n], mounts[n] ?? []);
    for (const [n, key] of keys.entries()) {
      await snapshotter.commit({ key, name: `layer ${n}`, ...(n === 0 ? {} : { parent: `layer ${n - 1}` }) });
    }
    assert.deepEqual(await show(snapshotter, 'layer 3'), {
      changed: '4',
      'hidden/above': '3',
      kept: '1',
      last: '4',
    });
    assert.deepEqual(await show(snapshotter, 'layer 1'), {
      changed: '2',
      deleted: '1',
      'hidden/below': '2',
      kept: '1',
    });
  });

  it('lets others be based on a rebased layer, write over it, and keeps the order of removal', async (t) => {
    const snapshotter = await open(t);
    await Promise.all([snapshotter.prepare({ key: 'a' }), snapshotter.prepare({ key: 'b' })]);
    await snapshotter.commit({ key: 'a', name: 'below' });
    await snapshotter.commit({ key: 'b', name: 'above', parent: 'below' });
    assert.equal((await snapshotter.stat('above')).parent, 'below');
    const [mount] = await snapshotter.prepare({ key: 'work', parent: 'above' });
    const lower = mount?.options.find((option) => option.startsWith('lowerdir='));
    assert.equal(lower?.split(':').length, 2);
    await assert.rejects(snapshotter.remove('below'), { code: 'FailedPrecondition' });
    for (const key of ['work', 'above', 'below']) await snapshotter.remove(key);
  });

  it('commits onto a parent that is committed while others wait for it, and refuses one that is not yet', async (t) => {
    const snapshotter = await open(t);
    await Promise.all([snapshotter.prepare({ key: 'a' }), snapshotter.prepare({ key: 'b' })]);
    const early = snapshotter.commit({ key: 'b', name: 'above', parent: 'below' });
    await assert.rejects(early, (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.match(error.message, /parent snapshot below does not exist: not found/);
      return true;
    });
    await snapshotter.commit({ key: 'a', name: 'below' });
    await snapshotter.commit({ key: 'b', name: 'above', parent: 'below' });
    assert.equal((await snapshotter.stat('above')).parent, 'below');
  });

  it('leaves the parent of a snapshot that has one', async (t) => {
    const snapshotter = await open(t);
    for (const name of ['one', 'two']) {
      await snapshotter.prepare({ key: name });
      await snapshotter.commit({ key: name, name: `layer ${name}` });
    }
    await snapshotter.prepare({ key: 'k', parent: 'layer one' });
    await snapshotter.commit({ key: 'k', name: 'n', parent: 'layer two' });
    assert.equal((await snapshotter.stat('n')).parent, 'layer one');
  });
});
