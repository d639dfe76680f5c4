/** The drivers: one per kind of backing store. */
export { type BlockfileOptions, type BlockfileType, blockfileChecker, openBlockfileDriver } from './blockfile/index.js';
export { type BtrfsOptions, btrfsChecker, openBtrfsDriver } from './btrfs/index.js';
export { type DevmapperOptions, devmapperChecker, devmapperSchema, openDevmapperDriver } from './devmapper/index.js';
export {
  type ErofsFacts,
  type ErofsOptions,
  erofsChecker,
  openErofsDriver,
  unsealedLayers,
} from './erofs/index.js';
export { withTrialDirectory } from './kit/trial-directory.js';
export { type NativeOptions, nativeChecker, openNativeDriver } from './native/index.js';
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
