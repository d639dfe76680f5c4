import { InternalError } from '../../errors/index.js';
import type { Image, Images, ImportProgress } from '../../images/api/index.js';
import { noContext } from '../../snapshots/api/index.js';
import { wireImages, wireMethod } from '../proto/index.js';
import type { Channel } from './channel.js';
import { dateFromWire } from './convert.js';

const { ImagesDefinition: service } = wireImages;
const methods = {
  import: wireMethod(service, service.methods.import),
  list: wireMethod(service, service.methods.list),
  inspect: wireMethod(service, service.methods.inspect),
  remove: wireMethod(service, service.methods.remove),
};

/** The images of the daemon behind a channel. */
export function clientImages(channel: Channel): Images {
  return {
    async import({ onProgress, ...given }, call = noContext) {
      const request = { type: 'image', name: '', platform: '', snapshotter: '', ...given };
      for await (const { event } of channel.stream(methods.import, request, call)) {
        if (event?.$case === 'progress') onProgress?.(progressFromWire(event.value));
        if (event?.$case === 'images') return event.value.images.map(imageFromWire);
      }
      throw new InternalError('the import ended without its images');
    },
    list: async (call = noContext) => (await channel.unary(methods.list, {}, call)).images.map(imageFromWire),
    async inspect(name, call = noContext) {
      const { image, ...details } = await channel.unary(methods.inspect, { name }, call);
      if (image === undefined) throw new InternalError('the answer holds no image');
      return { ...imageFromWire(image), ...details };
    },
    async remove(name, call = noContext) {
      await channel.unary(methods.remove, { name }, call);
    },
  };
}

function imageFromWire({ createdAt, updatedAt, ...image }: wireImages.Image): Image {
  return { ...image, created: dateFromWire(createdAt), updated: dateFromWire(updatedAt) };
}

/** A state that only a newer daemon knows counts as one of the beginning. */
function progressFromWire({ state, ...progress }: wireImages.ImportProgress): ImportProgress {
  return { ...progress, state: state === 'done' || state === 'exists' ? state : 'unpacking' };
}
