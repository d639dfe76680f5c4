/** Images: their archives. */
export type { TarEntry, TarEntryType, TarHandler } from './tar/entry.js';
export { type TarLimits, TarReader } from './tar/reader.js';
