/** The blockfile driver: every snapshot an image in a file. */
export { blockfileChecker } from './checker.js';
export { openBlockfileDriver } from './driver.js';
export type { BlockfileOptions, BlockfileType } from './options.js';
