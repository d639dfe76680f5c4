import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { engineNames, temporaryServer } from '../../../tests/support/grpc-server.js';
import { FailedPreconditionError, NotFoundError } from '../../errors/index.js';
import type { Image, Images, ImportProgress, ImportRequest } from '../../images/index.js';
import { PreciseDate } from '../../snapshots/index.js';
import { imagesService } from './images-service.js';

const image: Image = {
  name: 'i',
  snapshotter: 'overlayfs',
  digest: 'sha256:0',
  platform: 'linux/amd64',
  layers: 2,
  snapshot: 'sha256:1',
  size: 4096,
  created: new PreciseDate(1_000_001),
  updated: new PreciseDate(2_000_002),
};
const progress = (position: number, state: ImportProgress['state'], bytes: number): ImportProgress => ({
  layer: `sha256:${position}`,
  position,
  layers: 2,
  state,
  bytes,
  total: 10,
});

async function serve(t: TestContext, own: Partial<Images>, engine = engineNames[0]) {
  const missing = async () => Promise.reject(new NotFoundError('image "x"'));
  const images: Images = { import: missing, list: missing, inspect: missing, remove: missing, ...own };
  const server = await temporaryServer([imagesService(images)], engine === undefined ? {} : { engine });
  t.after(() => server[Symbol.asyncDispose]());
  return server.connect({ namespace: 'ci' }).images;
}

describe('the images service', () => {
  for (const engine of engineNames) {
    it(`imports and says how far it is, on ${engine}`, async (t) => {
      const asked: unknown[] = [];
      const images = await serve(
        t,
        {
          async import({ onProgress, ...request }, call) {
            asked.push(request, call?.namespace);
            onProgress?.(progress(1, 'exists', 0));
            await delay(1);
            onProgress?.(progress(2, 'unpacking', 5));
            onProgress?.(progress(2, 'done', 10));
            return [image];
          },
        },
        engine,
      );
      const told: ImportProgress[] = [];
      const request: ImportRequest = { source: '/s', name: 'n', platform: 'linux/arm64', snapshotter: 'native' };
      assert.deepEqual(await images.import({ ...request, onProgress: (each) => told.push(each) }), [image]);
      assert.deepEqual(asked, [{ ...request, type: 'image' }, 'ci']);
      assert.deepEqual(told, [progress(1, 'exists', 0), progress(2, 'done', 10)]);
      await images.import({ source: '/s', type: 'rootfs' });
      assert.deepEqual(asked[2], { source: '/s', type: 'rootfs' });
    });
  }

  it('stops an import when its client leaves, and passes its errors on', async (t) => {
    const stopped = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const images = await serve(t, {
      import: ({ source }, call) =>
        new Promise((_, reject) => {
          if (source === '/bad') reject(new FailedPreconditionError('its digest is another'));
          call?.signal?.addEventListener('abort', () => {
            stopped.resolve();
            reject(new Error('aborted'));
          });
          begun.resolve();
        }),
    });
    await assert.rejects(images.import({ source: '/bad' }), FailedPreconditionError);
    const controller = new AbortController();
    const importing = images.import({ source: '/s' }, { signal: controller.signal });
    await begun.promise;
    controller.abort();
    await assert.rejects(importing, { code: 'Canceled' });
    await stopped.promise;
  });

  it('lists, shows and removes them', async (t) => {
    const removed: string[] = [];
    const details = { ...image, chain: ['a', 'b'], mediaType: 'm', manifest: '{"a":1}', config: '{}' };
    const images = await serve(t, {
      list: async () => [image],
      inspect: async () => details,
      remove: async (name) => void removed.push(name),
    });
    assert.deepEqual(await images.list(), [image]);
    assert.deepEqual(await images.inspect('i'), details);
    await images.remove('i');
    assert.deepEqual(removed, ['i']);
    const none = await serve(t, {});
    await assert.rejects(none.remove('x'), NotFoundError);
    await assert.rejects(none.import({ source: '/x' }), NotFoundError);
  });
});
