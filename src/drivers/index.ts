/** The drivers: one per kind of backing store. */
export {
  cannotTry,
  mountsWithMappedIds,
  type OverlayFacts,
  type OverlayOptions,
  openOverlayDriver,
  overlayChecker,
  tryOverlay,
  upperdirLabel,
} from './overlay/index.js';
