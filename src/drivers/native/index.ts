/** The native driver: every snapshot a full copy. */
export { openNativeDriver } from './driver.js';
export type { NativeOptions } from './options.js';
