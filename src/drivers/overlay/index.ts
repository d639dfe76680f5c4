export { openOverlayDriver, upperdirLabel } from './driver.js';
export type { OverlayFacts, OverlayOptions } from './options.js';
