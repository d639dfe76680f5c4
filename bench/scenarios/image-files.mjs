// An image of many files.
import { images } from '../images/images.mjs';
import { imageJob } from './image-job.mjs';

/** See the head of this file. */
export const imageFiles = imageJob({
  name: 'image-files',
  of: 'ten layers with 18,000 files',
  image: images.files,
  factors: { metadata: 1, full: 1.05 },
});
