import type { CliCommand } from '../command.js';
import { backup } from './backup.js';
import { check } from './check.js';
import { commit } from './commit.js';
import { config } from './config.js';
import { prepare, view } from './create.js';
import { doctor } from './doctor.js';
import { events } from './events.js';
import { info } from './info.js';
import { label } from './label.js';
import { limit } from './limit.js';
import { ls } from './ls.js';
import { mount, umount } from './mount.js';
import { mounts } from './mounts.js';
import { namespaces } from './namespaces.js';
import { plugins } from './plugins.js';
import { restore } from './restore.js';
import { rm } from './rm.js';
import { serve } from './serve.js';
import { tree } from './tree.js';
import { usage } from './usage.js';
import { version } from './version.js';

/** Every command, in the order of the help. A new one is a file here and a line in this list. */
export const commands: readonly CliCommand[] = [
  serve,
  config,
  ls,
  tree,
  info,
  usage,
  prepare,
  view,
  mount,
  umount,
  mounts,
  commit,
  label,
  limit,
  rm,
  events,
  namespaces,
  plugins,
  doctor,
  check,
  backup,
  restore,
  version,
];
