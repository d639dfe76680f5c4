export { type ErofsCheckerOptions, erofsChecker } from './checker.js';
export { openErofsDriver } from './driver.js';
export type { ErofsFacts } from './facts.js';
export type { ErofsOptions } from './options.js';
export { unsealedLayers } from './unsealed.js';
