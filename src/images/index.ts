/** Images: imported from archives and directories, kept as names for chains of snapshots. */
export type { Image, ImageDetails, Images, ImportProgress, ImportRequest } from './api/index.js';
export { LocalImages, type LocalImagesOptions } from './local-images.js';
export { imagesSchema } from './records/schema.js';
export type { TarEntry, TarEntryType, TarHandler } from './tar/entry.js';
export { type TarLimits, TarReader } from './tar/reader.js';
export { type LayerLimits, usualLimits } from './unpack/limits.js';
