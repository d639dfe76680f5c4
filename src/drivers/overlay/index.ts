/** The overlay driver: layers as directories, put together by the kernel. */
export { overlayChecker } from './checker.js';
export { openOverlayDriver, upperdirLabel } from './driver.js';
export type { OverlayFacts } from './facts.js';
export type { OverlayOptions } from './options.js';
export { cannotTry, mountsWithMappedIds, tryOverlay } from './trial-mount.js';
