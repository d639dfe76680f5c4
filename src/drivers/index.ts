/** The drivers: one per kind of backing store. */
export {
  mountsWithMappedIds,
  type OverlayFacts,
  type OverlayOptions,
  openOverlayDriver,
  tryOverlay,
  upperdirLabel,
} from './overlay/index.js';
