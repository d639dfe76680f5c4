/** Layers on thin devices of the device mapper. */
export { type DevmapperCheckerOptions, devmapperChecker } from './checker.js';
export { type DeviceRecord, DeviceRecords, type RecordedDevice } from './device-records.js';
export { fileSystemLabel, openDevmapperDriver } from './driver.js';
export type { DevmapperOptions } from './options.js';
export { devmapperSchema } from './schema.js';
