/** The settings of the erofs snapshotter. */
import { option, section } from '../option.js';
import { boolean, booleanOr, optionalPath, size, stringList } from '../value-types.js';
import { fileListOption } from './file-list.js';
import { limitOptions } from './limits.js';

/** The erofs snapshotter. */
export const erofs = section(
  'The erofs snapshotter: each committed layer is one read-only image. It is skipped where mkfs.erofs, erofs or overlay is missing.',
  {
    root_path: option({
      type: optionalPath,
      default: '',
      doc: 'Where it keeps its files; empty means `<root>/io.containerd.snapshotter.v1.erofs`.',
      containerd: 'root_path',
    }),
    default_size: option({
      type: size(0, 2 ** 53 - 2 ** 10),
      default: 0,
      doc: 'With 0, active snapshots are written into directories. With more, at least 8 MiB, each is written into an image of its own (ext4, through a loop device), which is this large unless a limit says otherwise: that limits its size, and takes 20 ms more per snapshot.',
      containerd: 'default_size',
    }),
    enable_fsverity: option<boolean | 'auto'>({
      type: booleanOr('auto'),
      default: false,
      doc: 'Has the kernel check the blocks of layers whenever they are read (fs-verity). With `true` the snapshotter is skipped where the file system below its root does not support that, and no snapshot is made over a layer without it; with `"auto"` new layers get it where possible.',
      containerd: 'enable_fsverity',
    }),
    set_immutable: option({
      type: boolean,
      default: false,
      doc: 'Sets the immutable flag of the images of layers, so that not even root changes them by mistake.',
      containerd: 'set_immutable',
    }),
    sync_remove: option({
      type: boolean,
      default: false,
      doc: 'Deletes files before a removal is answered, as with overlayfs.',
    }),
    ovl_mount_options: option({
      type: stringList,
      default: [],
      doc: 'Further options for every overlay mount, such as `["volatile"]`, about which [backends.md](backends.md#volatile-mounts) has more; never for bind mounts. The snapshotter does not start with options that overlay refuses.',
      containerd: 'ovl_mount_options',
    }),
    file_list: fileListOption,
    ...limitOptions,
  },
);
