import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inBlocks } from './blocks.js';

async function blocks(sizes: readonly number[], size: number): Promise<number[][]> {
  let next = 0;
  async function* pages() {
    for (const count of sizes) yield Array.from({ length: count }, () => next++);
  }
  const got: number[][] = [];
  for await (const block of inBlocks(pages(), size)) got.push([...block]);
  return got;
}

describe('blocks', () => {
  const cases: readonly (readonly [pages: readonly number[], sizes: readonly number[]])[] = [
    [[], []],
    [[0, 0], []],
    [[1], [1]],
    [[3], [3]],
    [
      [2, 2, 2],
      [3, 3],
    ],
    [[7], [3, 3, 1]],
    [
      [1, 0, 1, 5, 1],
      [3, 3, 2],
    ],
  ];
  for (const [pages, sizes] of cases) {
    it(`of three, of pages of ${pages.join(', ') || 'nothing'}, are of ${sizes.join(', ') || 'nothing'}`, async () => {
      const got = await blocks(pages, 3);
      assert.deepEqual(
        got.map(({ length }) => length),
        sizes,
      );
      assert.deepEqual(got.flat(), [...got.flat().keys()]);
    });
  }

  it('are given as soon as they are full', async () => {
    let taken = 0;
    async function* pages() {
      for (; taken < 10; taken++) yield [taken];
    }
    for await (const block of inBlocks(pages(), 2)) {
      assert.deepEqual([block, taken], [[0, 1], 1]);
      break;
    }
  });

  it('pass on what their source throws', async () => {
    async function* pages() {
      yield [1];
      throw new Error('gone');
    }
    await assert.rejects(
      async () => {
        for await (const _ of inBlocks(pages(), 2));
      },
      { message: 'gone' },
    );
  });
});
