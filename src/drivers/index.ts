/** The drivers: one per kind of backing store. */
export { type BlockfileOptions, type BlockfileType, openBlockfileDriver } from './blockfile/index.js';
export { type BtrfsOptions, openBtrfsDriver } from './btrfs/index.js';
export { type DevmapperOptions, devmapperTables, openDevmapperDriver } from './devmapper/index.js';
export { type ErofsFacts, type ErofsOptions, openErofsDriver } from './erofs/index.js';
export { type NativeOptions, openNativeDriver } from './native/index.js';
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
