export type { ErofsFacts } from './facts.js';
export type { ErofsOptions } from './options.js';
export { openErofsDriver } from './setup.js';
