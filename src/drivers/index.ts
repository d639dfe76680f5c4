/** The drivers: one per kind of backing store. */
export { type OverlayFacts, type OverlayOptions, openOverlayDriver, upperdirLabel } from './overlay/index.js';
