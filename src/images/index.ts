/** Images: their archives, and layers unpacked into directories. */
export type { TarEntry, TarEntryType, TarHandler } from './tar/entry.js';
export { type TarLimits, TarReader } from './tar/reader.js';
export type { BlobPlace } from './unpack/decode.js';
export type { ApplyOptions } from './unpack/layer-applier.js';
export { type LayerLimits, usualLimits } from './unpack/limits.js';
export { type UnpackOptions, unpackFile, unpackLayer } from './unpack/unpack.js';
export type { UnpackedBlob } from './unpack/unpack-tasks.js';
