import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { loopFileSystem, whyNoLoopFileSystem } from '../../../tests/support/loop-file-system.js';
import { CanceledError } from '../../errors/index.js';
import { getAttribute, makeNode, setAttribute, setTimes, temporaryMount } from '../../linux/index.js';
import { sharedBytes } from '../shared-extents.js';
import { flattenLayers } from './flatten.js';

const skip = process.getuid?.() !== 0 && 'needs root';

const kinds = ['file', 'directory', 'opaque', 'whiteout', 'symlink', 'device', 'fifo', 'link'] as const;
const paths = ['a', 'b', 'c', 'a/x', 'a/y', 'b/x', 'a/x/deep', 'a/x/deep/er'] as const;

/** One thing in a layer. */
interface Thing {
  readonly path: (typeof paths)[number];
  readonly kind: (typeof kinds)[number];
  /** What its mode, owner, time, content and attribute come from. */
  readonly mark: number;
}

const things = fc.array(
  fc.record({ path: fc.constantFrom(...paths), kind: fc.constantFrom(...kinds), mark: fc.nat(50) }),
  { maxLength: 12 },
);
const stacks = fc.array(things, { minLength: 2, maxLength: 7 });

const CHARACTER_DEVICE = 0o020000;
const FIFO = 0o010000;

/** How each kind is made, but for owner, mode, time and attribute. */
const make: Readonly<Record<Thing['kind'], (place: string, mark: number) => void>> = {
  file: (place, mark) => writeFileSync(place, `content ${mark}`),
  directory: (place) => mkdirSync(place),
  opaque: (place) => mkdirSync(place),
  symlink: (place, mark) => symlinkSync(`target-${mark}`, place),
  whiteout: (place) => makeNode(Buffer.from(place), CHARACTER_DEVICE, 0),
  device: (place) => makeNode(Buffer.from(place), CHARACTER_DEVICE | 0o600, 0x103),
  fifo: (place) => makeNode(Buffer.from(place), FIFO | 0o600, 0),
  link: (place) => {
    const other = readdirSync(dirname(place)).find((name) => lstatSync(join(dirname(place), name)).isFile());
    if (other !== undefined) linkSync(join(dirname(place), other), place);
  },
};

/** Puts a thing into a layer, unless its place is taken or no directory leads to it. */
function put(layer: string, { path, kind, mark }: Thing): void {
  const place = join(layer, path);
  mkdirIfAbsent(layer, dirname(path));
  if (!look(dirname(place))?.isDirectory() || look(place) !== undefined) return;
  make[kind](place, mark);
  if (kind !== 'link' && kind !== 'whiteout') adorn(place, kind, mark);
}

function adorn(place: string, kind: Thing['kind'], mark: number): void {
  lchownSync(place, mark, mark + 1);
  if (kind === 'opaque') setAttribute(place, 'trusted.overlay.opaque', Buffer.from('y'));
  if (kind === 'file' || kind === 'directory') setAttribute(place, 'user.mark', Buffer.from(String(mark)));
  if (kind !== 'symlink') chmodSync(place, 0o700 + (mark % 8));
  setTimes(Buffer.from(place), { atimeNs: 1n, mtimeNs: BigInt(mark) * 1_000_000_007n });
}

function mkdirIfAbsent(layer: string, path: string): void {
  if (path === '.' || look(join(layer, path)) !== undefined) return;
  mkdirIfAbsent(layer, dirname(path));
  if (look(dirname(join(layer, path)))?.isDirectory()) mkdirSync(join(layer, path));
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    // Also when a file is where a directory would have to be.
    return undefined;
  }
}

/** Everything that a tree shows, by path. Files that are one have one number. */
function seen(top: string, names = new Map<bigint, number>(), below = ''): Record<string, unknown> {
  const path = join(top, below);
  const stats = lstatSync(path, { bigint: true });
  const target = stats.isSymbolicLink() ? readlinkSync(path) : stats.rdev;
  const content = stats.isFile() ? readFileSync(path, 'utf8') : target;
  const mark = stats.isFile() || stats.isDirectory() ? getAttribute(path, 'user.mark')?.toString() : undefined;
  const opaque = getAttribute(path, 'trusted.overlay.opaque')?.toString();
  if (!stats.isDirectory() && !names.has(stats.ino)) names.set(stats.ino, names.size);
  const fields = { mode: stats.mode, owner: [stats.uid, stats.gid], time: stats.mtimeNs, content, mark, opaque };
  const all: Record<string, unknown> = { [below]: { ...fields, file: names.get(stats.ino) } };
  if (!stats.isDirectory()) return all;
  for (const name of readdirSync(path).sort()) {
    // Overlay lists a whiteout in a directory that only one layer has, and then denies that there is such a file.
    if (look(join(path, name)) !== undefined) Object.assign(all, seen(top, names, join(below, name)));
  }
  return all;
}

function place(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'strata-flatten-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

/** Makes layers, the last on top; gives them topmost first. */
function makeLayers(directory: string, stack: readonly (readonly Thing[])[]): string[] {
  return stack
    .map((layerThings, index) => {
      const layer = join(directory, String(index));
      mkdirSync(layer);
      for (const thing of layerThings) put(layer, thing);
      adorn(layer, 'directory', index);
      return layer;
    })
    .reverse();
}

const view = (layers: readonly string[]) =>
  temporaryMount([{ type: 'overlay', source: 'overlay', target: '', options: [`lowerdir=${layers.join(':')}`] }]);

describe('flattenLayers', { skip }, () => {
  it('shows what overlay shows of the same layers, whatever is in them', async (t) => {
    const root = place(t);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(stacks, async (stack) => {
        run += 1;
        const directory = join(root, String(run));
        mkdirSync(directory);
        const layers = makeLayers(directory, stack);
        const flat = join(directory, 'flat');
        await flattenLayers({ layers, to: flat, space: 'trusted' });
        await using mounted = await view(layers);
        assert.deepEqual(seen(flat), seen(mounted.path));
        rmSync(flat, { recursive: true });
      }),
      { numRuns: 200 },
    );
  });

  it('leaves the files of the layers as they are, and gives each copy the links that it has in its layer', async (t) => {
    const root = place(t);
    const layers = makeLayers(root, [
      [
        { path: 'a', kind: 'file', mark: 1 },
        { path: 'b', kind: 'link', mark: 1 },
      ],
      [{ path: 'c', kind: 'file', mark: 2 }],
    ]);
    const inodes = () => ['0/a', '0/b', '1/c'].map((name) => lstatSync(join(root, name), { bigint: true }));
    const before = inodes();
    await flattenLayers({ layers, to: join(root, 'flat'), space: 'trusted' });
    assert.deepEqual(
      inodes().map(({ nlink, ctimeNs }) => [nlink, ctimeNs]),
      before.map(({ nlink, ctimeNs }) => [nlink, ctimeNs]),
    );
    await using mounted = await view(layers);
    assert.deepEqual(seen(join(root, 'flat')), seen(mounted.path));
    const links = (directory: string) => ['b', 'c'].map((name) => lstatSync(join(directory, name)).nlink);
    assert.deepEqual(links(join(root, 'flat')), links(mounted.path));
  });

  it('shares the blocks of files where the file system can', { skip: whyNoLoopFileSystem('xfs') }, async () => {
    await using fileSystem = await loopFileSystem({ type: 'xfs' });
    const layers = makeLayers(fileSystem.path, [[], []]);
    const size = 2 ** 20;
    writeFileSync(join(fileSystem.path, '0/file'), Buffer.alloc(size, 7));
    await flattenLayers({ layers, to: join(fileSystem.path, 'flat'), space: 'trusted' });
    assert.equal(sharedBytes(Buffer.from(join(fileSystem.path, 'flat/file'))), size);
  });

  for (const [name, attribute] of [
    ['renamed directories', 'trusted.overlay.redirect'],
    ['content in other layers', 'trusted.overlay.metacopy'],
  ] as const) {
    it(`refuses ${name}, and leaves nothing`, async (t) => {
      const root = place(t);
      const kind = attribute.endsWith('redirect') ? 'directory' : 'file';
      const layers = makeLayers(root, [[{ path: 'a', kind: 'directory', mark: 1 }], [{ path: 'b', kind, mark: 1 }]]);
      setAttribute(join(root, '1/b'), attribute, Buffer.from('/a'));
      const to = join(root, 'flat');
      await assert.rejects(flattenLayers({ layers, to, space: 'trusted' }), /these layers cannot be merged/);
      assert.equal(existsSync(to), false);
    });
  }

  it('leaves nothing when it is aborted', async (t) => {
    const root = place(t);
    const layers = makeLayers(root, [[], []]);
    for (let n = 0; n < 3000; n += 1) writeFileSync(join(root, '0', `file-${n}`), '');
    const abort = new AbortController();
    const flattening = flattenLayers({ layers, to: join(root, 'flat'), space: 'trusted', signal: abort.signal });
    setImmediate(() => abort.abort());
    await assert.rejects(flattening, CanceledError);
    assert.equal(existsSync(join(root, 'flat')), false);
  });
});
