export { type ErofsCheckerOptions, erofsChecker } from './checker.js';
export type { ErofsFacts } from './facts.js';
export type { ErofsOptions } from './options.js';
export { openErofsDriver } from './setup.js';
export { triesMerging } from './trial.js';
export { unsealedLayers } from './unsealed.js';
