/** The btrfs driver: layers as subvolumes that share their data. */
export { btrfsChecker } from './checker.js';
export { openBtrfsDriver } from './driver.js';
export type { BtrfsOptions } from './options.js';
