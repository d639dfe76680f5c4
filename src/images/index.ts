/** Images: their archives and documents, and layers unpacked into directories. */
export type { TarEntry, TarEntryType, TarHandler } from './tar/entry.js';
export { type TarLimits, TarReader } from './tar/reader.js';
export { type LayerLimits, usualLimits } from './unpack/limits.js';
