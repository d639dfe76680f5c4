import {
  openBlockfileDriver,
  openBtrfsDriver,
  openDevmapperDriver,
  openErofsDriver,
  openNativeDriver,
  openOverlayDriver,
} from '../../drivers/index.js';
import {
  FailedPreconditionError,
  InvalidArgumentError,
  NotImplementedError,
  PermissionDeniedError,
} from '../../errors/index.js';
import { deviceMapperMissing } from '../../linux/index.js';
import { SkipPlugin } from '../../plugins/index.js';
import type { Config } from '../config/index.js';
import { limitSettings } from './limit-settings.js';
import type { BackEnd } from './snapshotter-plugin.js';

/** Every back end, with its section of the configuration. A new one is an entry here. */
export function backEnds({ plugins }: Pick<Config, 'plugins'>): readonly BackEnd[] {
  const overlayfs = plugins['io.containerd.snapshotter.v1.overlayfs'];
  const btrfs = plugins['io.containerd.snapshotter.v1.btrfs'];
  const native = plugins['io.containerd.snapshotter.v1.native'];
  const erofs = plugins['io.containerd.snapshotter.v1.erofs'];
  const devmapper = plugins['io.containerd.snapshotter.v1.devmapper'];
  const blockfile = plugins['io.containerd.snapshotter.v1.blockfile'];
  return [
    {
      id: 'overlayfs',
      rootPath: overlayfs.rootPath,
      syncRemove: overlayfs.syncRemove,
      limits: limitSettings(overlayfs),
      // Overlay cannot be mounted below the root.
      skippedBy: [NotImplementedError],
      open: ({ report, ...place }) =>
        openOverlayDriver({
          ...place,
          upperdirLabel: overlayfs.upperdirLabel,
          slowChown: overlayfs.slowChown,
          mountOptions: overlayfs.mountOptions,
          projectIdBase: overlayfs.projectIdBase,
          fileList: overlayfs.fileList,
          flattenDepth: overlayfs.flattenDepth,
          onBackgroundError: (error) => report('preallocate directories', error),
          onFlattenError: (error) => report('merge a deep chain; it stays as it is', error),
        }),
    },
    {
      id: 'btrfs',
      rootPath: btrfs.rootPath,
      syncRemove: btrfs.syncRemove,
      limits: limitSettings(btrfs),
      // The root is on another file system.
      skippedBy: [FailedPreconditionError],
      open: ({ root, faults }) => openBtrfsDriver({ root, faults, fileList: btrfs.fileList }),
    },
    {
      id: 'native',
      rootPath: native.rootPath,
      syncRemove: native.syncRemove,
      limits: limitSettings(native),
      open: ({ root, durability, faults }) =>
        openNativeDriver({
          root,
          durability,
          faults,
          fileList: native.fileList,
          projectIdBase: native.projectIdBase,
        }),
    },
    {
      id: 'erofs',
      rootPath: erofs.rootPath,
      syncRemove: erofs.syncRemove,
      limits: limitSettings(erofs),
      // The kernel has no erofs, overlay cannot be mounted below the root, or this user must not mount either.
      skippedBy: [NotImplementedError, PermissionDeniedError],
      open: ({ root, durability, faults, report }) =>
        openErofsDriver({
          root,
          durability,
          faults,
          defaultSize: erofs.defaultSize,
          fsverity: erofs.enableFsverity,
          setImmutable: erofs.setImmutable,
          mountOptions: erofs.ovlMountOptions,
          fileList: erofs.fileList,
          onBackgroundError: (error) => report('look after the mounts and files of layers', error),
        }),
    },
    {
      id: 'devmapper',
      rootPath: devmapper.rootPath,
      syncRemove: !devmapper.asyncRemove,
      // Without a label a snapshot has the size of its parent, or `base_image_size`.
      limits: limitSettings(devmapper),
      open: ({ root, store, durability, faults, report }) => {
        requirePool(devmapper);
        return openDevmapperDriver({
          root,
          store,
          durability,
          faults,
          poolName: devmapper.poolName,
          baseImageSize: devmapper.baseImageSize,
          fileSystem: devmapper.fsType,
          fileSystemOptions: devmapper.fsOptions.split(' ').filter((word) => word !== ''),
          discardBlocks: devmapper.discardBlocks,
          fileList: devmapper.fileList,
          onBackgroundError: (error) => report('ready a device', error),
        });
      },
    },
    {
      id: 'blockfile',
      rootPath: blockfile.rootPath,
      syncRemove: blockfile.syncRemove,
      // Without a label the size of an image is that of its parent, or `default_size`.
      limits: limitSettings({ limitPolicy: blockfile.limitPolicy }),
      // No image can be made.
      skippedBy: [FailedPreconditionError],
      open: ({ root, durability, faults }) => {
        const { rootPath: _, syncRemove: __, limitPolicy: ___, ...options } = blockfile;
        return openBlockfileDriver({ ...options, root, durability, faults });
      },
    },
  ];
}

/** @throws SkipPlugin where no pool is configured, or the kernel has no device mapper; InvalidArgumentError without a size. */
function requirePool({ poolName, baseImageSize }: { poolName: string; baseImageSize: number }): void {
  if (poolName === '') throw new SkipPlugin('devmapper not configured: pool_name is empty');
  if (baseImageSize === 0) throw new InvalidArgumentError('devmapper: base_image_size is required with pool_name');
  const missing = deviceMapperMissing();
  if (missing !== undefined) throw new SkipPlugin(missing);
}
