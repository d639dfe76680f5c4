/** The settings of snapshotters that keep files in directories. */
import { option, section } from '../option.js';
import { boolean, integer, integerOr, optionalPath, stringList } from '../value-types.js';
import { fileListOption } from './file-list.js';
import { limitOptions } from './limits.js';

/** The overlayfs snapshotter. */
export const overlayfs = section('The overlayfs snapshotter.', {
  root_path: option({
    type: optionalPath,
    default: '',
    doc: 'Where it keeps its files; empty means `<root>/io.containerd.snapshotter.v1.overlayfs`.',
    containerd: 'root_path',
  }),
  upperdir_label: option({
    type: boolean,
    default: false,
    doc: 'Shows the label `containerd.io/snapshot/overlay.upperdir`, the path of the directory that is written to, with each snapshot.',
    containerd: 'upperdir_label',
  }),
  sync_remove: option({
    type: boolean,
    default: false,
    doc: 'Deletes files before a removal is answered. By default the name is free at once and the files follow, since deleting a large layer takes long.',
    containerd: 'sync_remove',
  }),
  slow_chown: option({
    type: boolean,
    default: false,
    doc: 'Lets clients fall back to changing the owner of every file when the kernel cannot map ids on a mount: the capability `only-remap-ids` is no longer announced.',
    containerd: 'slow_chown',
  }),
  mount_options: option({
    type: stringList,
    default: [],
    doc: 'Further options for every overlay mount, such as `["volatile"]`, about which [backends.md](backends.md#volatile-mounts) has more; never for bind mounts. The snapshotter does not start with options that overlay refuses.',
    containerd: 'mount_options',
  }),
  project_id_base: option({
    type: integer(1, 2 ** 32 - 2),
    default: 2 ** 30,
    doc: 'Where project quota is on, each active snapshot is the project with the number of its id and this. Another root on the same file system needs another one. See [limits.md](limits.md).',
  }),
  flatten_depth: option<number | 'auto'>({
    type: integerOr('auto', 0, 500),
    default: 'auto',
    doc: 'Chains of more layers than this are merged into one directory in the background, on which new snapshots are based; 0 never merges any. `auto` is 128 where copies share their blocks (xfs, btrfs), and 0 where each merge would take room for all files. See [backends.md](backends.md#deep-chains).',
  }),
  file_list: fileListOption,
  ...limitOptions,
});

/** The btrfs snapshotter. */
export const btrfs = section('The btrfs snapshotter; skipped where its files are not on a btrfs.', {
  root_path: option({
    type: optionalPath,
    default: '',
    doc: 'Where it keeps its subvolumes; empty means `<root>/io.containerd.snapshotter.v1.btrfs`.',
    containerd: 'root_path',
  }),
  sync_remove: option({
    type: boolean,
    default: false,
    doc: 'Deletes subvolumes before a removal is answered. Their space is freed by the kernel later in any case.',
  }),
  file_list: fileListOption,
  ...limitOptions,
});

/** The native snapshotter. */
export const native = section('The native snapshotter, which copies all files of the parent for each snapshot.', {
  root_path: option({
    type: optionalPath,
    default: '',
    doc: 'Where it keeps its files; empty means `<root>/io.containerd.snapshotter.v1.native`. On a file system with reflinks, such as xfs and btrfs, copies share their blocks and take next to no room.',
    containerd: 'root_path',
  }),
  sync_remove: option({
    type: boolean,
    default: false,
    doc: 'Deletes files before a removal is answered.',
  }),
  project_id_base: option({
    type: integer(1, 2 ** 32 - 2),
    default: 2 ** 30 + 2 ** 29,
    doc: 'As with overlayfs, but from another base: the projects of a snapshotter are numbered from its base on. See [limits.md](limits.md).',
  }),
  file_list: fileListOption,
  ...limitOptions,
});
