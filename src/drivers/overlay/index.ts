/** The overlay driver: layers as directories, put together by the kernel. */

export { cannotTry, mountsWithMappedIds, tryOverlay } from '../kit/trial-mount.js';
export { overlayChecker } from './checker.js';
export { openOverlayDriver, upperdirLabel } from './driver.js';
export type { OverlayFacts } from './facts.js';
export type { OverlayOptions } from './options.js';
