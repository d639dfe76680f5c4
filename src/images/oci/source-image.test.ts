import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  archiveOf,
  diffIdsOf,
  dockerArchive,
  type MadeFiles,
  type MadeImage,
  ociLayout,
  sha256,
  writeFiles,
} from '../../../tests/support/make-image.js';
import { chainIds } from './digest.js';
import { parseManifest } from './documents.js';
import { parsePlatform, thisPlatform } from './platform.js';
import { completeName } from './reference.js';
import { openSourceFiles } from './source-files.js';
import { findImages, type SourceImage } from './source-image.js';

const amd64 = parsePlatform('linux/amd64');
const image: MadeImage = { layers: [[{ name: 'a', content: 'a' }], [{ name: 'b', content: 'b' }]], name: 'r/i:v1' };

function temporary(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'strata-oci-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** The images in a directory, or in the archive of these bytes. */
async function find(t: TestContext, source: MadeFiles | Buffer, platform = amd64): Promise<SourceImage[]> {
  const directory = temporary(t);
  const place = path.join(directory, 'source');
  if (Buffer.isBuffer(source)) writeFileSync(place, source);
  else writeFiles(place, source);
  const scratch = path.join(directory, 'scratch');
  await using files = await openSourceFiles(place, { scratch });
  const images = await findImages(files, { platform });
  for (const { layers } of images) {
    for (const { digest, place: at } of layers) {
      assert.equal(sha256(readFileSync(at.path).subarray(at.offset, at.offset + at.length)), digest);
    }
  }
  return images;
}

const shape = (images: readonly SourceImage[]) =>
  images.map(({ names, layers }) => [names, layers.map(({ diffId }) => diffId)]);

describe('an image', () => {
  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    it(`is found in a layout and in what docker saves, with layers packed as ${compression}`, async (t) => {
      const packed = { ...image, compression };
      for (const files of [ociLayout([packed]), dockerArchive([packed])]) {
        for (const source of [
          files,
          archiveOf(files),
          gzipSync(archiveOf(files)),
          zstdCompressSync(archiveOf(files)),
        ]) {
          const name = files.has('manifest.json') ? 'docker.io/r/i:v1' : 'r/i:v1';
          assert.deepEqual(shape(await find(t, source)), [[[name], diffIdsOf(image)]]);
        }
      }
    });
  }

  it('of docker gets a manifest that describes it', async (t) => {
    const [found] = await find(t, dockerArchive([{ ...image, compression: 'gzip' }]));
    assert.ok(found !== undefined);
    const { config, layers } = parseManifest(found.manifest, 'manifest');
    assert.equal(config.digest, sha256(found.config));
    assert.deepEqual(
      layers.map(({ digest, size }) => [digest, size]),
      found.layers.map(({ digest, place }) => [digest, place.length]),
    );
    assert.match(layers[0]?.mediaType ?? '', /gzip$/);
  });

  it('may have no name, no layers, and be one of several', async (t) => {
    const bare = { layers: [], architecture: 'arm64' };
    assert.deepEqual(shape(await find(t, ociLayout([bare, image]))), [
      [[], []],
      [['r/i:v1'], diffIdsOf(image)],
    ]);
    assert.deepEqual(shape(await find(t, dockerArchive([bare]))), [[[], []]]);
  });

  it('for several platforms is the one for this', async (t) => {
    const arm = { ...image, layers: [[{ name: 'arm' }]], architecture: 'arm64' };
    const files = archiveOf(ociLayout([image, arm], true));
    assert.deepEqual(shape(await find(t, files)), [[[], diffIdsOf(image)]]);
    assert.deepEqual(shape(await find(t, files, parsePlatform('linux/arm64'))), [[[], diffIdsOf(arm)]]);
    const s390x = find(t, files, parsePlatform('linux/s390x'));
    await assert.rejects(s390x, { code: 'NotFound', message: /linux\/s390x \(there is linux\/amd64, linux\/arm64\)/ });
  });

  it('may have layers that are links in the archive, which lead nowhere else', async (t) => {
    const files = dockerArchive([image]);
    const layer = [...files.keys()].find((name) => name.endsWith('layer.tar'));
    assert.ok(layer !== undefined);
    const content = files.get(layer) ?? Buffer.alloc(0);
    files.delete(layer);
    const pax = (link: string) => ({ name: '', pax: { path: layer, linkpath: link } });
    const kept = { name: 'kept/layer.tar', content };
    for (const link of [
      { ...pax('../kept/layer.tar'), type: '2' },
      { ...pax('/kept/layer.tar'), type: '2' },
      { ...pax('kept/layer.tar'), type: '1' },
    ]) {
      assert.equal((await find(t, archiveOf(files, [kept, link]))).length, 1);
    }
    for (const link of [pax('../../etc/passwd'), pax(`../${layer}`)]) {
      await assert.rejects(find(t, archiveOf(files, [{ ...link, type: '2' }])), { code: 'NotFound' });
    }
  });

  it('in a directory has no parts outside of it', async (t) => {
    const directory = temporary(t);
    const files = ociLayout([image]);
    const [blob] = [...files.keys()].filter((name) => name.startsWith('blobs'));
    assert.ok(blob !== undefined);
    writeFileSync(path.join(directory, 'outside'), files.get(blob) ?? '');
    files.delete(blob);
    writeFiles(path.join(directory, 'layout'), files);
    symlinkSync(path.join(directory, 'outside'), path.join(directory, 'layout', blob));
    await using opened = await openSourceFiles(path.join(directory, 'layout'), { scratch: '' });
    await assert.rejects(findImages(opened, { platform: amd64 }), { code: 'NotFound' });
  });

  it('is refused when a document is not what its digest says, or a part is missing or too short', async (t) => {
    const files = ociLayout([image]);
    for (const [name, bytes] of files) {
      if (!name.startsWith('blobs')) continue;
      const without = new Map(files);
      without.delete(name);
      await assert.rejects(find(t, without), { code: 'NotFound' }, name);
      const short = new Map(files).set(name, bytes.subarray(1));
      await assert.rejects(find(t, short), { code: 'FailedPrecondition' }, name);
      if (bytes[0] !== '{'.charCodeAt(0)) continue;
      const changed = Buffer.from(bytes);
      changed[changed.length - 1] = 0x20;
      await assert.rejects(find(t, new Map(files).set(name, changed)), { code: 'FailedPrecondition' }, name);
    }
  });

  it('is refused when it is none', async (t) => {
    const refused = { code: 'InvalidArgument' };
    const layout = (json: string): MadeFiles =>
      new Map([
        ['oci-layout', Buffer.from('{}')],
        ['index.json', Buffer.from(json)],
      ]);
    for (const json of [
      '',
      '[]',
      '{}',
      '{"manifests":[]}',
      '{"manifests":[{}]}',
      '{"manifests":[{"digest":"sha256:x","size":1}]}',
    ])
      await assert.rejects(find(t, layout(json)), refused, json);
    for (const json of ['{}', '[]', '[{}]', '[{"Config":"x","Layers":3}]'])
      await assert.rejects(find(t, new Map([['manifest.json', Buffer.from(json)]])), refused, json);
    const other = { digest: `sha512:${'0'.repeat(128)}`, size: 1 };
    await assert.rejects(find(t, layout(JSON.stringify({ manifests: [other] }))), { code: 'NotImplemented' });
    await assert.rejects(find(t, new Map([['file', Buffer.from('x')]])), refused);
    await assert.rejects(find(t, Buffer.from('no archive at all'.repeat(50))), refused);
    await assert.rejects(find(t, archiveOf(ociLayout([image])).subarray(0, 3000)), refused);
    await assert.rejects(openSourceFiles(path.join(temporary(t), 'missing'), { scratch: '' }), { code: 'NotFound' });
    await assert.rejects(openSourceFiles('/dev/null', { scratch: '' }), refused);
  });
});

describe('the files of a source', () => {
  it('that is compressed as a whole are decoded into a file, which is deleted', async (t) => {
    const directory = temporary(t);
    mkdirSync(path.join(directory, 'd'));
    const [file, scratch] = [path.join(directory, 'image.tar.gz'), path.join(directory, 'scratch')];
    writeFileSync(file, gzipSync(archiveOf(ociLayout([image]))));
    {
      await using files = await openSourceFiles(file, { scratch });
      assert.equal(files.find('./index.json')?.path, scratch);
    }
    assert.equal(existsSync(scratch), false);
    writeFileSync(file, gzipSync('no archive at all'.repeat(50)));
    await assert.rejects(openSourceFiles(file, { scratch }), { code: 'InvalidArgument' });
    assert.equal(existsSync(scratch), false);
  });
});

it('names and platforms are completed and read', () => {
  const names = [
    'busybox',
    'a/b',
    'a/b:v1',
    'ghcr.io/a',
    'localhost/a:1',
    'h:5000/a',
    'a@sha256:0',
    'docker.io/library/x:y',
  ];
  assert.deepEqual(names.map(completeName), [
    'docker.io/library/busybox:latest',
    'docker.io/a/b:latest',
    'docker.io/a/b:v1',
    'ghcr.io/a:latest',
    'localhost/a:1',
    'h:5000/a:latest',
    'docker.io/library/a@sha256:0',
    'docker.io/library/x:y',
  ]);
  assert.deepEqual(parsePlatform('linux/arm/v7'), { os: 'linux', architecture: 'arm', variant: 'v7' });
  for (const text of ['', 'linux', 'linux/', '/amd64', 'a/b/c/d']) {
    assert.throws(() => parsePlatform(text), { code: 'InvalidArgument' }, text);
  }
  assert.equal(thisPlatform().os, 'linux');
});

it('the chain ID of a layer depends on all that are below it', () => {
  const [a, b] = [`sha256:${'a'.repeat(64)}`, `sha256:${'b'.repeat(64)}`];
  assert.deepEqual(chainIds([]), []);
  assert.deepEqual(chainIds([a, b]), [a, sha256(`${a} ${b}`)]);
});
