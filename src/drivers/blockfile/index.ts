/** The blockfile driver: every snapshot an image in a file. */
export { openBlockfileDriver } from './driver.js';
export type { BlockfileOptions, BlockfileType } from './options.js';
