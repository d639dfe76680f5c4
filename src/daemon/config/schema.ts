/** Every setting of the daemon. A new one is an entry here, or in one of the sections, and nothing else. */
import { AUTO } from './default-choice.js';
import { defaultRoot, defaultState } from './environment.js';
import { option, section, type Values } from './option.js';
import { backup } from './sections/backup.js';
import { gc } from './sections/collection.js';
import { btrfs, native, overlayfs } from './sections/directories.js';
import { erofs } from './sections/erofs.js';
import { images } from './sections/images.js';
import { grpc, proxy } from './sections/serving.js';
import { MINUTE } from './sections/units.js';
import { blockfile, devmapper } from './sections/volumes.js';
import { absolutePath, duration, integer, oneOf, string, stringList } from './value-types.js';

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
  gc,
  images,
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
