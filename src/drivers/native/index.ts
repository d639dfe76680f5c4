/** The native driver: every snapshot a full copy. */
export { nativeChecker } from './checker.js';
export { openNativeDriver } from './driver.js';
export type { NativeOptions } from './options.js';
