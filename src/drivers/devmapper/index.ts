/** Layers on thin devices of the device mapper. */
export { type DevmapperCheckerOptions, devmapperChecker } from './checker.js';
export { fileSystemLabel, openDevmapperDriver } from './driver.js';
export type { DevmapperOptions } from './options.js';
export { devmapperTables } from './tables.js';
