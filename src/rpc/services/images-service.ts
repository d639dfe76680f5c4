import { InvalidArgumentError } from '../../errors/index.js';
import type { Image, Images, ImportProgress, ImportRequest } from '../../images/index.js';
import type { CallContext } from '../../snapshots/index.js';
import { defineService, type GrpcService } from '../engines/index.js';
import { wireImages } from '../proto/index.js';
import { timestampToWire } from './convert.js';

/** The service `strata.v1.Images`. */
export function imagesService(images: Images): GrpcService {
  return defineService(wireImages.ImagesDefinition, {
    import: async function* (request, call) {
      yield* importing(images, requestOf(request), call);
    },
    list: async (_request, call) => ({ images: (await images.list(call)).map(imageToWire) }),
    inspect: async ({ name }, call) => {
      const { chain, mediaType, manifest, config, ...image } = await images.inspect(name, call);
      return { image: imageToWire(image), chain: [...chain], mediaType, manifest, config };
    },
    remove: async ({ name }, call) => {
      await images.remove(name, call);
      return {};
    },
  });
}

/** Sends progress as fast as it is taken; what comes faster for one layer is passed over. */
async function* importing(
  images: Images,
  request: ImportRequest,
  call: CallContext,
): AsyncGenerator<wireImages.ImportResponse> {
  const waiting = new Map<string, ImportProgress>();
  let wake = (): void => undefined;
  const onProgress = (progress: ImportProgress): void => {
    waiting.set(`${progress.layer} ${progress.position}`, progress);
    wake();
  };
  let isOver = false;
  const outcome = images.import({ ...request, onProgress }, call).finally(() => {
    isOver = true;
    wake();
  });
  // Looked at below, and nowhere when the client leaves before.
  outcome.catch(() => undefined);
  while (!isOver || waiting.size > 0) {
    for (const [key, value] of waiting) {
      waiting.delete(key);
      yield { event: { $case: 'progress', value } };
    }
    if (isOver) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (isOver || waiting.size > 0) resolve();
    });
  }
  yield { event: { $case: 'images', value: { images: (await outcome).map(imageToWire) } } };
}

function requestOf({ source, type, name, platform, snapshotter }: wireImages.ImportRequest): ImportRequest {
  if (type !== '' && type !== 'image' && type !== 'rootfs') {
    throw new InvalidArgumentError(`type ${JSON.stringify(type)}: want image or rootfs`);
  }
  return {
    source,
    type: type === 'rootfs' ? 'rootfs' : 'image',
    ...(name === '' ? {} : { name }),
    ...(platform === '' ? {} : { platform }),
    ...(snapshotter === '' ? {} : { snapshotter }),
  };
}

function imageToWire({ created, updated, ...image }: Image): wireImages.Image {
  return { ...image, createdAt: timestampToWire(created), updatedAt: timestampToWire(updated) };
}
