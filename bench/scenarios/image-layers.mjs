// An image of many layers, none of which is much work: what each costs by itself.
import { images } from '../images/images.mjs';
import { imageJob } from './image-job.mjs';

/** See the head of this file. */
export const imageLayers = imageJob({
  name: 'image-layers',
  of: '128 small layers',
  image: images.layers,
  factors: { metadata: 1, full: 1.1 },
  quick: true,
});
