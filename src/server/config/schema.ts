/** Every setting of the daemon. A new one is an entry here and nothing else. */
import { AUTO } from '../default-snapshotter.js';
import { defaultAddress, defaultRoot, defaultState } from './environment.js';
import { option, section, type Values } from './option.js';
import {
  absolutePath,
  boolean,
  duration,
  fileMode,
  integer,
  oneOf,
  optionalPath,
  size,
  string,
  stringList,
} from './value-types.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The largest id that Linux takes; one more means "unchanged" to chown(2). */
const MAX_ID = 2 ** 32 - 2;

const grpc = section('The socket on which the daemon answers.', {
  address: option({
    type: absolutePath,
    default: defaultAddress,
    doc: 'Path of the unix socket, at most 107 bytes (the kernel has no room for more). Clients look for it at the same default.',
    containerd: 'grpc.address',
  }),
  mode: option({
    type: fileMode,
    default: 0o600,
    doc: 'Permissions of the socket. Whoever may write to it controls the snapshots, so only the owner may unless this says otherwise.',
  }),
  uid: option({
    type: integer(0, MAX_ID),
    default: ({ uid }) => uid,
    doc: 'The user who owns the socket. Only root can choose another one than itself.',
    containerd: 'grpc.uid',
  }),
  gid: option({
    type: integer(0, MAX_ID),
    default: ({ gid }) => gid,
    doc: 'The group of the socket; give it access with `mode = "0660"`.',
    containerd: 'grpc.gid',
  }),
  max_message_size: option({
    type: size(64 * 2 ** 10, GIB),
    default: 16 * MIB,
    doc: 'The largest message in either direction, as bytes or with a unit. The default is what containerd and its clients use.',
    containerd: 'grpc.max_recv_message_size, grpc.max_send_message_size',
  }),
  engine: option<'direct' | 'grpc-js'>({
    type: oneOf(['direct', 'grpc-js']),
    default: 'direct',
    doc: 'What speaks gRPC on the socket: `direct` is made for this daemon and answers small calls with a third of the work; `grpc-js` is the library. Both serve the same methods in the same way; the choice is there in case a client should get on with only one of them.',
  }),
});

const proxy = section(
  "Serving as another containerd's proxy snapshotter. That containerd keeps the namespaces and events; this daemon keeps only snapshots.",
  {
    enabled: option({
      type: boolean,
      default: false,
      doc: 'Puts the snapshotter straight behind the socket, without namespaces. Keys are then those that the containerd in front makes up, so a store that was filled in one mode must not be opened in the other.',
    }),
    snapshotter: option({
      type: string,
      default: AUTO,
      doc: 'Which snapshotter answers when a request names one that is not loaded: containerd sends the name of its `[proxy_plugins.<name>]` table. `auto` is the default snapshotter. No effect unless `enabled`.',
    }),
  },
);

/** The settings about limits that every snapshotter has. */
const limitOptions = {
  limit_policy: option<'strict' | 'warn'>({
    type: oneOf(['strict', 'warn']),
    default: 'strict',
    doc: 'What happens where a limit that was asked for cannot be kept: `strict` refuses the call, `warn` logs it and goes on without the limit. See [limits.md](limits.md).',
  }),
  default_size_limit: option({
    type: size(0, 2 ** 53 - 2 ** 10),
    default: 0,
    doc: 'The most that an active snapshot may take, as bytes or with a unit, where the label `containerd.io/snapshot/max-size` does not say otherwise; 0 for no limit.',
  }),
  default_inode_limit: option({
    type: integer(0, Number.MAX_SAFE_INTEGER),
    default: 0,
    doc: 'The most files and directories that an active snapshot may have, where the label `strata.dev/max-inodes` does not say otherwise; 0 for no limit.',
  }),
};

/** The same for every snapshotter whose layers can be read. */
const manifestOption = option({
  type: boolean,
  default: false,
  doc: 'Writes, with each commit, a list of what is in the layer and of the checksums of its files, so that `strata check --deep` can tell whether the layer is still what it was. A commit then reads every file of the layer once. See [check.md](check.md).',
});

const overlayfs = section('The overlayfs snapshotter.', {
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
    doc: 'Further options for every overlay mount, such as `["volatile"]`; never for bind mounts.',
    containerd: 'mount_options',
  }),
  project_id_base: option({
    type: integer(1, 2 ** 32 - 2),
    default: 2 ** 30,
    doc: 'Where project quota is on, each active snapshot is the project with the number of its id and this. Another root on the same file system needs another one. See [limits.md](limits.md).',
  }),
  flatten_depth: option({
    type: integer(0, 500),
    default: 128,
    doc: 'Chains of more layers than this are merged into one directory in the background, mostly of hard links, and new snapshots stand on that; 0 never merges any. Overlay takes 500 layers, and clients that mount with a string of options only as many as fit into 4096 bytes: with the default, containerd and whoever shortens paths as it does; some 50 with whole paths.',
  }),
  manifest: manifestOption,
  ...limitOptions,
});

const btrfs = section('The btrfs snapshotter; skipped where its files are not on a btrfs.', {
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
  manifest: manifestOption,
  ...limitOptions,
});

const native = section('The native snapshotter, which copies all files of the parent for each snapshot.', {
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
  manifest: manifestOption,
  ...limitOptions,
});

const erofs = section(
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
    enable_fsverity: option({
      type: boolean,
      default: false,
      doc: 'Has the kernel check the blocks of layers whenever they are read (fs-verity). The snapshotter is skipped where the file system below its root cannot.',
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

const devmapper = section(
  'The devmapper snapshotter: each snapshot is a thin device. It is skipped without a `pool_name`, and where the kernel has no device mapper.',
  {
    root_path: option({
      type: optionalPath,
      default: '',
      doc: 'A directory of its own; empty means `<root>/io.containerd.snapshotter.v1.devmapper`. Snapshots are in the pool, and what is known about them in the store.',
      containerd: 'root_path',
    }),
    pool_name: option({
      type: string,
      default: '',
      doc: 'The thin pool, by its name in `/dev/mapper`. It has to be there, and to be for this daemon alone.',
      containerd: 'pool_name',
    }),
    base_image_size: option({
      type: size(0, 2 ** 53 - 2 ** 10),
      default: 0,
      doc: 'How much a snapshot can hold, with all that is below it, such as `"10GiB"`. Required with `pool_name`. A change is for snapshots without parents that are made from then on.',
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
      doc: 'Further arguments for mkfs, with spaces between them, in the place of the default ones.',
      containerd: 'fs_options',
    }),
  },
);

const blockfile = section(
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
      doc: 'The file system in the images. Not to be changed once there are snapshots.',
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
      doc: 'Makes or copies the image to start from anew after each start.',
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
    manifest: manifestOption,
    limit_policy: limitOptions.limit_policy,
  },
);

const backup = section('Backups of the records, made while the daemon serves. They do not hold the files of layers.', {
  interval: option({
    type: duration(30 * DAY),
    default: HOUR,
    doc: 'How often a backup is made, unless nothing has changed since the last one; `0ms` makes none. They are on by default, since the records are small: about 600 bytes for a snapshot.',
  }),
  keep: option({
    type: integer(1, 10_000),
    default: 24,
    doc: 'How many backups there are at most. The oldest are deleted.',
  }),
  directory: option({
    type: optionalPath,
    default: '',
    doc: 'Where they are put; empty means `<root>/io.strata.backup.v1.records`. On another disk they survive the loss of this one.',
  }),
});

/** The description of the whole configuration. */
export const schema = section('The configuration of the Strata daemon.', {
  version: option({
    type: integer(1, 1),
    default: 1,
    doc: 'The version of this format.',
    containerd: 'version',
  }),
  root: option({
    type: absolutePath,
    default: defaultRoot,
    doc: 'The directory for everything that must survive a restart: records and the files of snapshots.',
    containerd: 'root',
  }),
  state: option({
    type: absolutePath,
    default: defaultState,
    doc: 'The directory for what lasts only while the daemon runs.',
    containerd: 'state',
  }),
  durability: option({
    type: oneOf(['full', 'metadata', 'none']),
    default: 'full',
    doc: 'What is on disk before a call is answered: `full` the records and the files of committed layers, `metadata` only the records, so that a power cut can leave committed layers with holes, `none` nothing, for machines that are thrown away after a crash. See docs/durability.md.',
  }),
  snapshotter: option({
    type: string,
    default: AUTO,
    doc: 'The default snapshotter, for clients that ask for `auto` and callers of the library that name none. `auto` takes overlayfs where it works, else btrfs on btrfs, else native, and stays with it once the root has snapshots; others only when they are named here. A request without a name is refused, as containerd refuses it.',
  }),
  log_level: option({
    type: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    default: 'info',
    doc: 'The least important lines that are logged.',
    containerd: 'debug.level',
  }),
  log_format: option({
    type: oneOf(['auto', 'json', 'text']),
    default: 'auto',
    doc: 'How lines are logged, on standard error: `json` for machines, `text` for people, `auto` for text on a terminal and JSON otherwise.',
    containerd: 'debug.format',
  }),
  shutdown_timeout: option({
    type: duration(10 * MINUTE),
    default: 4000,
    doc: 'How long calls in flight may go on after SIGTERM before they are cut off; the plugins are stopped after that. Nothing is lost: a call that was cut off left nothing behind or finished.',
  }),
  disabled_plugins: option({
    type: stringList,
    default: [],
    doc: 'Plugins that are not started, each as `<type>.<id>`, such as `io.containerd.snapshotter.v1.native`.',
    containerd: 'disabled_plugins',
  }),
  backup,
  grpc,
  proxy,
  plugins: section('Settings of single plugins, by `<type>.<id>`.', {
    'io.containerd.snapshotter.v1.overlayfs': overlayfs,
    'io.containerd.snapshotter.v1.erofs': erofs,
    'io.containerd.snapshotter.v1.btrfs': btrfs,
    'io.containerd.snapshotter.v1.native': native,
    'io.containerd.snapshotter.v1.blockfile': blockfile,
    'io.containerd.snapshotter.v1.devmapper': devmapper,
  }),
});

/** The complete configuration: every setting has a value, and none can be changed. */
export type Config = Values<typeof schema>;
