/** The settings of snapshotters that keep file systems. */
import { option, section } from '../option.js';
import { boolean, oneOf, optionalPath, size, string, stringList } from '../value-types.js';
import { fileListOption } from './file-list.js';
import { limitOptions } from './limits.js';
import { GIB, MIB } from './units.js';

/** The devmapper snapshotter. */
export const devmapper = section(
  'The devmapper snapshotter: each snapshot is a thin device. It is skipped without a `pool_name`, and where the kernel has no device mapper.',
  {
    root_path: option({
      type: optionalPath,
      default: '',
      doc: 'A directory of its own; empty means `<root>/io.containerd.snapshotter.v1.devmapper`. Snapshots are in the pool, and their records in the store; file lists are in the directory.',
      containerd: 'root_path',
    }),
    pool_name: option({
      type: string,
      default: '',
      doc: 'The thin pool, by its name in `/dev/mapper`. It must exist, and be for this daemon alone.',
      containerd: 'pool_name',
    }),
    base_image_size: option({
      type: size(0, 2 ** 53 - 2 ** 10),
      default: 0,
      doc: 'How much a snapshot without a parent can hold, and with all that is below them those above it, such as `"10GiB"`. Required with `pool_name`. The label `containerd.io/snapshot/max-size` gives a snapshot another size. A change applies to snapshots without parents that are made afterwards.',
      containerd: 'base_image_size',
    }),
    async_remove: option({
      type: boolean,
      default: false,
      doc: 'Answers a removal before the device is deleted. Unlike in containerd the device follows at once, not with the next clean-up.',
      containerd: 'async_remove',
    }),
    discard_blocks: option({
      type: boolean,
      default: false,
      doc: 'Tells the disk below the pool what became free when a device is deleted.',
      containerd: 'discard_blocks',
    }),
    fs_type: option<'ext4' | 'xfs' | 'ext2'>({
      type: oneOf(['ext4', 'xfs', 'ext2']),
      default: 'ext4',
      doc: 'The file system of new snapshots without parents; those above them have the same.',
      containerd: 'fs_type',
    }),
    fs_options: option({
      type: string,
      default: '',
      doc: 'Further arguments for mkfs, with spaces between them, instead of the default ones.',
      containerd: 'fs_options',
    }),
    file_list: fileListOption,
    limit_policy: limitOptions.limit_policy,
  },
);

/** The blockfile snapshotter. */
export const blockfile = section(
  'The blockfile snapshotter, which keeps each snapshot in an image with a file system of its own, mounted through a loop device; skipped where no image can be made.',
  {
    root_path: option({
      type: optionalPath,
      default: '',
      doc: 'Where it keeps its images; empty means `<root>/io.containerd.snapshotter.v1.blockfile`.',
      containerd: 'root_path',
    }),
    fs_type: option<'ext4' | 'xfs'>({
      type: oneOf(['ext4', 'xfs']),
      default: 'ext4',
      doc: 'The file system in the images. Do not change it once there are snapshots.',
      containerd: 'fs_type',
    }),
    scratch_file: option({
      type: optionalPath,
      default: '',
      doc: 'An image of that file system to start from, copied on first use. When empty, one is made with mkfs.',
      containerd: 'scratch_file',
    }),
    recreate_scratch: option({
      type: boolean,
      default: false,
      doc: 'Makes or copies the image to start from again after each start.',
      containerd: 'recreate_scratch',
    }),
    default_size: option({
      type: size(16 * MIB, 2 ** 53 - 2 ** 10),
      default: 10 * GIB,
      doc: 'The size of an image made with mkfs, as bytes or with a unit; xfs wants at least 300 MiB. The disk gives only what is written. The label `containerd.io/snapshot/max-size` gives a snapshot another size.',
    }),
    mount_options: option({
      type: stringList,
      default: ['loop'],
      doc: 'Options for each mount; `loop` is added when it is missing, and `nouuid` for xfs.',
      containerd: 'mount_options',
    }),
    sync_remove: option({
      type: boolean,
      default: false,
      doc: 'Deletes images before a removal is answered.',
    }),
    file_list: fileListOption,
    limit_policy: limitOptions.limit_policy,
  },
);
