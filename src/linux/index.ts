/** System calls, mounts, devices and facts about the kernel. The only room with native code. */
export { forgetGroup, limitExclusive, quotaIsOn } from './btrfs/btrfs-quota.js';
export { type FoundItem, ITEM, LAST, searchTree } from './btrfs/btrfs-search.js';
export {
  BTRFS_MAGIC,
  createSubvolume,
  deleteSubvolumes,
  isSubvolume,
  makeSubvolumeWritable,
  nestedSubvolumes,
  type SubvolumeInfo,
  setReadOnly,
  snapshotSubvolume,
  subvolumeInfo,
  withSubvolume,
  withSubvolumeNow,
} from './btrfs/btrfs-subvolume.js';
export { copyAttributes, getAttribute, listAttributes, removeAttribute, setAttribute } from './calls/attributes.js';
export { hasCapability } from './calls/capabilities.js';
export { endProcess } from './calls/end-process.js';
export {
  cloneFile,
  copyRange,
  type FileTimes,
  makeNode,
  nextData,
  openDirectoryBelow,
  setTimes,
  setTimesOf,
} from './calls/file-calls.js';
export { clearProtection, enableVerity, renameProtected, setImmutable, verityDigest } from './calls/file-flags.js';
export { type IdRange, parseIdMap } from './calls/id-map.js';
export {
  fileSystemMagic,
  inUserNamespace,
  isAtLeast,
  type KernelVersion,
  kernelVersion,
  overlayHasIndex,
  supportsDirectoryTypes,
  TMPFS_MAGIC,
} from './calls/kernel-facts.js';
export { addonProblem, canCallSystem, type DirectoryCalls, directoryCalls } from './calls/libc.js';
export { nearestDirectory } from './calls/nearest-directory.js';
export { LETTING_GO, pause } from './calls/pause.js';
export { notifyServiceManager } from './calls/service-manager.js';
export { ioctl, startWriting } from './calls/sys.js';
export { hasErrno, systemCallError } from './calls/system-error.js';
export {
  DIRECTORY_ONLY,
  openPlace,
  PendingDirectories,
  type PendingDirectory,
  pathOfDescriptor,
  toBinary,
  toBytes,
  withoutMagicLink,
  withRealPath,
} from './calls/tree-paths.js';
export {
  type DeviceMapper,
  type DeviceTable,
  deviceMapper,
  deviceMapperMissing,
  type MappedDevice,
  mappedDevicePath,
} from './devices/device-mapper.js';
export { attachLoop, hasLoopDevices } from './devices/loop.js';
export { flushLoopDevices, writableLoopDevices } from './devices/loop-users.js';
export { discardBlocks, discardTail, syncDevice, syncMountsOf } from './devices/sync-device.js';
export { mountAll, unmountAll } from './mounts/mount.js';
export type { MountSpec } from './mounts/mount-options.js';
export { isMountPoint } from './mounts/mount-point.js';
export { type MountEntry, mountOf, mountsMadeOf } from './mounts/mount-table.js';
export { resolveInRoot } from './mounts/resolve-in-root.js';
export { type TemporaryMount, temporaryMount, temporaryMountPrefix } from './mounts/temporary-mount.js';
export { unmountBelow } from './mounts/unmount-below.js';
export { whereMounted } from './mounts/where-mounted.js';
export {
  type ProjectLimits,
  type ProjectQuota,
  type ProjectQuotaState,
  projectQuota,
} from './quota/project-quota.js';
export { GroupSync } from './sync/group-sync.js';
export { liesInOneJournal } from './sync/one-journal.js';
export {
  growFileSystem,
  growLoopFile,
  growMountedDevice,
  requireGrowable,
  whyNotGrowable,
} from './volumes/grow-file-system.js';
export { type FileSystemType, findMkfs, findProgram, makeFileSystem, runProgram } from './volumes/make-file-system.js';
export { fileVolume, isFilled, resizeFileSystem, type Volume } from './volumes/resize-file-system.js';
export { type ImageQuestion, imageProblem } from './volumes/superblock.js';
