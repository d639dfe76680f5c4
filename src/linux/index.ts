/** System calls, mounts and facts about the machine. The only room with native code. */
export { copyAttributes, getAttribute, listAttributes, setAttribute } from './attributes.js';
export { type BareDirectory, bareDirectory, isBareDirectory, makeBareDirectory } from './bare-directory.js';
export { forgetGroup, limitExclusive, quotaIsOn } from './btrfs-quota.js';
export {
  BTRFS_MAGIC,
  createSubvolume,
  deleteSubvolumes,
  isSubvolume,
  nestedSubvolumes,
  type SnapshotRequest,
  type SubvolumeInfo,
  setReadOnly,
  snapshotSubvolume,
  subvolumeInfo,
  withSubvolume,
  withSubvolumeNow,
} from './btrfs-subvolume.js';
export type { Comparison, TreeDifference } from './compare-manifest.js';
export { copyFile, copyTree } from './copy.js';
export {
  type DeviceMapper,
  type DeviceTable,
  deviceMapper,
  deviceMapperMissing,
  type MappedDevice,
  mappedDevicePath,
} from './device-mapper.js';
export { type DirectoryFacts, directoryFacts, type Room } from './directory-facts.js';
export { namesInDirectory } from './directory-names.js';
export { diskUsage, subvolumeUsage } from './disk-usage.js';
export {
  fileSystemMagic,
  inUserNamespace,
  isAtLeast,
  type KernelVersion,
  kernelVersion,
  overlayHasIndex,
  parseKernelVersion,
  supportsDirectoryTypes,
  TMPFS_MAGIC,
} from './facts.js';
export { enableVerity, setImmutable, verityDigest } from './file-flags.js';
export { flattenLayers } from './flatten.js';
export { GroupSync } from './group-sync.js';
export {
  type GrowFileSystem,
  type GrowLoopFile,
  type GrowMountedDevice,
  type GrowthOfMounted,
  growFileSystem,
  growLoopFile,
  growMountedDevice,
  type ResizableType,
  requireGrowable,
  whyNotGrowable,
} from './grow-file-system.js';
export { type IdRange, parseIdMap } from './id-map.js';
export { type LayerFiles, LayerSync, type LayerSyncFacts } from './layer-sync.js';
export { attachLoop, hasLoopDevices, type LoopDevice, type LoopOptions } from './loop.js';
export { flushLoopDevices, writableLoopDevices } from './loop-users.js';
export { type CapabilityName, type KernelPart, type MachineFacts, machineFacts } from './machine-facts.js';
export {
  type FileSystemType,
  findMkfs,
  findProgram,
  type MakeFileSystem,
  makeFileSystem,
  runProgram,
} from './make-file-system.js';
export { compareManifest, writeManifest } from './manifest.js';
export { draftOf, type ManifestRequest } from './manifest-file.js';
export { mountAll, type UnmountOptions, unmountAll, unmountMounts } from './mount.js';
export type { MountSpec } from './mount-options.js';
export { isMountPoint } from './mount-point.js';
export { type MountEntry, mountOf, mountsMadeOf } from './mount-table.js';
export { nearestDirectory } from './nearest-directory.js';
export { liesInOneJournal } from './one-journal.js';
export { type ProjectLimits, type ProjectQuota, type ProjectQuotaState, projectQuota } from './project-quota.js';
export { ReadyDirectories, type ReadyDirectoriesOptions } from './ready-directories.js';
export { removeTrees } from './remove-trees.js';
export { fileVolume, isFilled, type ResizeFileSystem, resizeFileSystem, type Volume } from './resize-file-system.js';
export { canShareBlocks } from './shared-extents.js';
export { type ImageQuestion, type ImageType, imageProblem } from './superblock.js';
export { discardBlocks, discardTail, syncDevice, syncMountsOf } from './sync-device.js';
export { syncFileSystem } from './sys.js';
export { hasErrno } from './system-error.js';
export { type TemporaryMount, temporaryMount, temporaryMountPrefix } from './temporary-mount.js';
export type { DiskUsage } from './tree-measure.js';
export type { DirectoryTemplate, TemplateDirectory } from './tree-reclaim.js';
export { isEntryName } from './tree-remove.js';
export { unmountBelow } from './unmount-below.js';
export { isUntouchedDirectory } from './untouched-directory.js';
