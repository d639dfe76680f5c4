export { type OverlayFacts, type OverlayOptions, openOverlayDriver, upperdirLabel } from './overlay/index.js';
