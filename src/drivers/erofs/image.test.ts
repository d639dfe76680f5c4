import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { whyNoErofs } from '../../../tests/support/erofs-root.js';
import type { FaultPoint } from '../../base/index.js';
import { CanceledError, UnknownError } from '../../errors/index.js';
import { temporaryMount } from '../../linux/index.js';
import { makeImage, partOf } from './image.js';
import { imageMount } from './layer-mounts.js';

function place(t: TestContext) {
  const snapshot = join(mkdtempSync(join(tmpdir(), 'strata-erofs-image-')), '1');
  t.after(() => rmSync(join(snapshot, '..'), { recursive: true }));
  const [source, target] = [join(snapshot, 'fs'), join(snapshot, 'layer.erofs')];
  mkdirSync(source, { recursive: true });
  writeFileSync(join(source, 'file'), 'content');
  return { source, target, durable: true, verity: false };
}

async function read(image: string): Promise<string> {
  await using mounted = await temporaryMount([imageMount(image, { loop: true })]);
  return readFileSync(join(mounted.path, 'file'), 'utf8');
}

describe('makeImage', { skip: whyNoErofs() }, () => {
  it('packs a directory, and puts the image in its place when it is whole', async (t) => {
    const request = place(t);
    const there: [FaultPoint, boolean][] = [];
    const faults = { reach: (point: FaultPoint) => void there.push([point, existsSync(request.target)]) };
    await makeImage({ ...request, faults });
    assert.deepEqual(there, [
      ['erofs.packed', false],
      ['erofs.named', true],
    ]);
    assert.equal(lstatSync(request.target).mode & 0o7777, 0o644);
    assert.equal(await read(request.target), 'content');
  });

  it('replaces one that is there, and half a one that a killed process left', async (t) => {
    const request = place(t);
    await makeImage(request);
    writeFileSync(partOf(request.target), 'half');
    writeFileSync(join(request.source, 'file'), 'new');
    await makeImage(request);
    assert.equal(await read(request.target), 'new');
    assert.equal(existsSync(partOf(request.target)), false);
  });

  it('leaves nothing when it fails or is given up', async (t) => {
    const request = place(t);
    const missing = { ...request, source: join(request.source, 'missing') };
    await assert.rejects(makeImage(missing), UnknownError);
    await assert.rejects(makeImage({ ...request, signal: AbortSignal.abort() }), CanceledError);
    assert.deepEqual(readdirSync(join(request.source, '..')), ['fs']);
  });
});
