/** The settings of the erofs snapshotter. */
import { option, section } from '../option.js';
import { boolean, booleanOr, integer, optionalPath, size, stringList } from '../value-types.js';
import { limitOptions } from './limits.js';
import { manifestOption } from './manifest.js';

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
    max_unmerged_layers: option({
      type: integer(0, 65535),
      default: 0,
      doc: 'With more than 0, chains that take more mounts than this are merged: one small image of names (`fsmeta.erofs`), made in the background when the first snapshot is made over the chain, takes the place of those mounts for the snapshots after it. Needs Linux 6.12; before that the log says so, and each layer is mounted by itself. Images made with it are larger, by the unused ends of the last blocks of files; those from before it was set cannot be merged.',
      containerd: 'max_unmerged_layers',
    }),
    enable_fsverity: option<boolean | 'auto'>({
      type: booleanOr('auto'),
      default: false,
      doc: 'Has the kernel check the blocks of layers whenever they are read (fs-verity). With `true` the snapshotter is skipped where the file system below its root cannot, and no snapshot is made over a layer without that; with `"auto"` new layers get it where it can be had.',
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
      doc: 'Further options for every overlay mount, such as `["volatile"]`; never for bind mounts.',
      containerd: 'ovl_mount_options',
    }),
    manifest: manifestOption,
    ...limitOptions,
  },
);
