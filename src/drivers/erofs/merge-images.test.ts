import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { newRoot, whyNoErofs } from '../../../tests/support/erofs-root.js';
import { treeOf } from '../../../tests/support/tree-of.js';
import { CanceledError, DataLossError, NotImplementedError, UnknownError } from '../../errors/index.js';
import { setAttribute, temporaryMount } from '../../linux/index.js';
import { SUPER } from './format.js';
import { makeImage } from './image.js';
import { ImageReader } from './image-reader.js';
import { imageMount } from './layer-mounts.js';
import { mergeImages } from './merge-images.js';
import { mergedProblem } from './merged-image.js';
import { mergedImage } from './merged-writer.js';
import { mergeLayers } from './overlay-merge.js';

/** Fills the directory of a layer as overlay would leave it. */
type Fill = (directory: string) => void;

const whiteout = (path: string) => execFileSync('mknod', [path, 'c', '0', '0']);
const opaque = (path: string) => setAttribute(path, 'trusted.overlay.opaque', Buffer.from('y'));

async function imagesOf(t: TestContext, fills: readonly Fill[], { mergeable = true } = {}) {
  const root = newRoot(t);
  mkdirSync(root, { recursive: true });
  const images: string[] = [];
  for (const [number, fill] of fills.entries()) {
    const source = join(root, String(number));
    mkdirSync(source);
    fill(source);
    const target = join(root, `${number}.erofs`);
    await makeImage({ source, target, mergeable, durable: false, verity: false });
    images.push(target);
  }
  return { root, images, merged: join(root, 'merged.erofs') };
}

/** What a mount of the merged image shows, and what overlay shows over a mount of each layer. */
async function bothWays(t: TestContext, fills: readonly Fill[]): Promise<{ merged: string[]; apart: string[] }> {
  const { root, images, merged } = await imagesOf(t, fills);
  await mergeImages({ layers: images, target: merged, durable: false, verity: false });
  const whole = imageMount(merged, { loop: false, devices: images });
  await using one = await temporaryMount([whole], { directory: root });
  await using mounts = new AsyncDisposables();
  const points: string[] = [];
  for (const image of images) {
    const mounted = await temporaryMount([imageMount(image, { loop: false })], { directory: root });
    mounts.add(mounted);
    points.unshift(mounted.path);
  }
  // An empty directory below, since overlay wants two of them.
  const bottom = join(root, 'bottom');
  mkdirSync(bottom);
  const options = [`lowerdir=${[...points, bottom].join(':')}`];
  await using all = await temporaryMount([{ type: 'overlay', source: 'overlay', target: '', options }], {
    directory: root,
  });
  return { merged: treeOf(one.path), apart: treeOf(all.path) };
}

/** Disposes of several things, the newest first. */
class AsyncDisposables implements AsyncDisposable {
  readonly #all: AsyncDisposable[] = [];

  add(one: AsyncDisposable): void {
    this.#all.unshift(one);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#all) await one[Symbol.asyncDispose]();
  }
}

/** A generator of the same numbers for the same seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Next = (below: number) => number;

/** What can be made under a name of a layer. */
const things: readonly ((path: string, next: Next, depth: number) => void)[] = [
  (path) => whiteout(path),
  (path, next) => symlinkSync(`to-${next(100)}`, path),
  (path, next) => writeFileSync(path, Buffer.alloc(next(3) * 4096 + next(3), next(256))),
  makeDirectory,
  makeDirectory,
  makeDirectory,
];

function makeDirectory(path: string, next: Next, depth: number): void {
  mkdirSync(path, { mode: 0o700 + next(0o77) });
  if (next(3) === 0) opaque(path);
  if (next(3) === 0) setAttribute(path, `user.n${next(3)}`, Buffer.alloc(next(50), 'v'));
  if (depth < 4) fillAtRandom(path, next, depth + 1);
}

/** Few names, so that layers meet. */
function fillAtRandom(directory: string, next: Next, depth = 0): void {
  for (let count = next(6); count > 0; count--) {
    const path = join(directory, `n${next(4)}`);
    if (statsOf(path) === undefined) things[next(things.length)]?.(path, next, depth);
  }
}

const randomFill =
  (next: Next): Fill =>
  (directory) =>
    fillAtRandom(directory, next);

function statsOf(path: string) {
  return lstatSync(path, { throwIfNoEntry: false });
}

describe('merged erofs images', { skip: whyNoErofs() }, () => {
  for (let seed = 1; seed <= 12; seed++) {
    it(`show what overlay shows, of layers made at random (${seed})`, async (t) => {
      const next = numbers(seed);
      const { merged, apart } = await bothWays(
        t,
        Array.from({ length: 2 + next(5) }, () => randomFill(next)),
      );
      assert.deepEqual(merged, apart);
    });
  }

  it('show what a name is that was hidden and came back', async (t) => {
    const { merged, apart } = await bothWays(t, [
      (top) => {
        mkdirSync(join(top, 'a'));
        writeFileSync(join(top, 'a', 'old'), '');
      },
      (top) => whiteout(join(top, 'a')),
      (top) => {
        mkdirSync(join(top, 'a'));
        writeFileSync(join(top, 'a', 'new'), '');
      },
    ]);
    assert.deepEqual(merged, apart);
    assert.ok(!merged.some((line) => line.startsWith('a/old')));
  });

  it('hold directories of many blocks, long links and names, large attributes and files', async (t) => {
    const { merged, apart } = await bothWays(t, [
      (top) => {
        const many = join(top, 'many');
        mkdirSync(many);
        for (let number = 0; number < 700; number++) writeFileSync(join(many, `${'long'.repeat(40)}-${number}`), 'x');
        symlinkSync('x'.repeat(4000), join(top, 'link'));
        writeFileSync(join(top, 'ü'.repeat(120)), Buffer.alloc(5_000_000, 'large'));
        setAttribute(join(top, 'many'), 'user.large', Buffer.alloc(3000, 'v'));
        execFileSync('mknod', [join(top, 'device'), 'b', '259', '70000']);
        execFileSync('mkfifo', [join(top, 'fifo')]);
      },
      (top) => {
        mkdirSync(join(top, 'many'));
        for (let number = 0; number < 300; number++) whiteout(join(top, 'many', `${'long'.repeat(40)}-${number * 2}`));
        // Sizes around that of a block, with and without room for the end behind the inode.
        for (const count of [60, 61, 62, 63, 64, 65, 66, 67, 68]) {
          mkdirSync(join(top, `d${count}`));
          for (let number = 0; number < count; number++) {
            writeFileSync(join(top, `d${count}`, `${'n'.repeat(48)}${number + 100}`), '');
          }
        }
      },
    ]);
    assert.deepEqual(merged, apart);
  });

  it('keep the names of one file together, and count those that are left', async (t) => {
    const fills: Fill[] = [
      (top) => {
        writeFileSync(join(top, 'one'), 'linked');
        for (const name of ['two', 'three']) linkSync(join(top, 'one'), join(top, name));
      },
      (top) => whiteout(join(top, 'three')),
    ];
    const { root, images, merged } = await imagesOf(t, fills);
    await mergeImages({ layers: images, target: merged, durable: false, verity: false });
    await using one = await temporaryMount([imageMount(merged, { loop: false, devices: images })], { directory: root });
    const [first, second] = ['one', 'two'].map((name) => statSync(join(one.path, name)));
    assert.deepEqual([first?.ino, first?.nlink], [second?.ino, 2]);
  });

  it('are refused for layers that were not made for it, or say that files lie elsewhere', async (t) => {
    const plain = await imagesOf(t, [(top) => writeFileSync(join(top, 'file'), 'small'), () => undefined], {
      mergeable: false,
    });
    const ask = ({ images, merged }: typeof plain) =>
      mergeImages({ layers: images, target: merged, durable: false, verity: false });
    await assert.rejects(ask(plain), { constructor: UnknownError, message: /ends of files behind their inodes/ });
    const moved = await imagesOf(t, [
      (top) => {
        mkdirSync(join(top, 'moved'));
        setAttribute(join(top, 'moved'), 'trusted.overlay.redirect', Buffer.from('/from'));
      },
      () => undefined,
    ]);
    await assert.rejects(ask(moved), { constructor: UnknownError, message: /trusted.overlay.redirect/ });
    assert.deepEqual(
      readdirSync(moved.root).filter((name) => name.startsWith('merged')),
      [],
    );
  });

  it('are refused when a directory lies elsewhere that a later layer has changed', async (t) => {
    const { images, merged } = await imagesOf(t, [
      (top) => {
        mkdirSync(join(top, 'from'));
        writeFileSync(join(top, 'from', 'file'), 'seen under the other name');
      },
      (top) => {
        whiteout(join(top, 'from'));
        mkdirSync(join(top, 'moved'));
        setAttribute(join(top, 'moved'), 'trusted.overlay.redirect', Buffer.from('/from'));
      },
      (top) => {
        mkdirSync(join(top, 'moved'));
        writeFileSync(join(top, 'moved', 'more'), '');
      },
    ]);
    const merging = mergeImages({ layers: images, target: merged, durable: false, verity: false });
    await assert.rejects(merging, { constructor: UnknownError, message: /trusted.overlay.redirect/ });
  });

  it('are refused for layers with features that are not known', async (t) => {
    const { images, merged } = await imagesOf(t, [() => undefined, () => undefined]);
    const [first = ''] = images;
    const bytes = readFileSync(first);
    bytes.writeUInt32LE(0x80, SUPER.at + SUPER.field.incompatible);
    writeFileSync(first, bytes);
    const merging = mergeImages({ layers: images, target: merged, durable: false, verity: false });
    await assert.rejects(merging, { constructor: UnknownError, message: /features that are not known/ });
  });

  it('tell a layer from another one of the same size', async (t) => {
    const fill: Fill = (top) => writeFileSync(join(top, 'file'), 'content');
    const { images, merged } = await imagesOf(t, [fill, fill, fill]);
    const [first = '', second = '', other = ''] = images;
    assert.equal(statSync(other).size, statSync(second).size);
    await mergeImages({ layers: [first, second], target: merged, durable: false, verity: false });
    assert.equal(mergedProblem(merged, [first, second]), undefined);
    assert.match(mergedProblem(merged, [first, other]) ?? '', /2.erofs is not the layer that it was made of/);
    assert.match(mergedProblem(merged, [second, first]) ?? '', /1.erofs is not the layer/);
    assert.match(mergedProblem(merged, [first]) ?? '', /it is of 2 layers, and there are 1/);
  });

  it('leave nothing when their call is aborted', async (t) => {
    const { root, images, merged } = await imagesOf(t, [() => undefined, () => undefined]);
    const controller = new AbortController();
    const merging = mergeImages({
      layers: images,
      target: merged,
      durable: true,
      verity: false,
      signal: controller.signal,
    });
    controller.abort();
    await assert.rejects(merging, CanceledError);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith('merged')),
      [],
    );
  });

  it('are made of damaged layers with an error, or not at all', async (t) => {
    const next = numbers(7);
    const { root, images } = await imagesOf(t, [randomFill(next), randomFill(next), randomFill(next)]);
    const [first = ''] = images;
    const whole = readFileSync(first);
    const damaged = join(root, 'damaged.erofs');
    copyFileSync(first, damaged);
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(whole);
      // Most of an image is the content of files; what is read is at its beginning.
      for (let count = 1 + next(3); count > 0; count--)
        bytes[1024 + next(Math.min(bytes.length - 1024, 8192))] = next(256);
      writeFileSync(damaged, next(10) === 0 ? bytes.subarray(0, next(bytes.length)) : bytes);
      try {
        using reader = new ImageReader(damaged);
        mergedImage(mergeLayers([reader]), [{ uuid: reader.uuid, blocks: 1 }]);
      } catch (error) {
        assert.ok(error instanceof DataLossError || error instanceof NotImplementedError, String(error));
      }
    }
    rmSync(damaged);
  });
});
