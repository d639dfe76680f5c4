import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { crc32c } from './crc32c.js';
import { findProgram, makeFileSystem } from './make-file-system.js';
import { type ImageType, imageProblem } from './superblock.js';

const MIB = 2 ** 20;
const types: readonly { readonly type: ImageType; readonly size: number; readonly byte: number }[] = [
  { type: 'ext4', size: 16 * MIB, byte: 1024 + 0x48 },
  { type: 'xfs', size: 320 * MIB, byte: 0x60 },
  { type: 'erofs', size: 0, byte: 1024 + 24 },
];

async function makeImage(t: TestContext, { type, size }: (typeof types)[number]): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-superblock-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const image = path.join(directory, 'image');
  writeFileSync(image, '');
  if (type === 'erofs') {
    const content = path.join(directory, 'content');
    mkdirSync(content);
    writeFileSync(path.join(content, 'file'), 'x'.repeat(10_000));
    execFileSync('mkfs.erofs', ['--quiet', image, content]);
  } else {
    truncateSync(image, size);
    await makeFileSystem({ type, path: image, options: [] });
  }
  return image;
}

function change(image: string, offset: number): void {
  const fd = openSync(image, 'r+');
  try {
    writeSync(fd, Buffer.of(0xa5), 0, 1, offset);
  } finally {
    closeSync(fd);
  }
}

describe('imageProblem', () => {
  it('computes the checksum of RFC 3720', () => {
    assert.equal((crc32c(0xffff_ffff, Buffer.alloc(32)) ^ 0xffff_ffff) >>> 0, 0x8a9136aa);
  });

  for (const one of types) {
    const { type, byte } = one;
    const skip = findProgram(`mkfs.${type}`) === undefined && `needs mkfs.${type}`;

    it(`finds nothing wrong with ${type}, and what is`, { skip }, async (t) => {
      const image = await makeImage(t, one);
      assert.equal(imageProblem(image, { type }), undefined);
      const other = type === 'xfs' ? 'ext4' : 'xfs';
      assert.equal(imageProblem(image, { type: other }), `it holds no ${other}`);
      change(image, byte);
      assert.equal(imageProblem(image, { type }), 'the checksum of its superblock is wrong');
      assert.equal(imageProblem(image, { type, inUse: true }), undefined);
      truncateSync(image, 8192);
      assert.match(imageProblem(image, { type, inUse: true }) ?? '', /^it has 8192 bytes of \d+$/);
      truncateSync(image, 0);
      assert.equal(imageProblem(image, { type }), `it holds no ${type}`);
    });
  }
});
