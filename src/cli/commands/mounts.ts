import type { Mount } from '../../snapshots/index.js';
import { defineCommand } from '../command.js';
import { mountLine } from '../output/mount-line.js';
import { givenPath } from '../path-argument.js';

/** `strata mounts` */
export const mounts = defineCommand<object, readonly Mount[]>({
  name: 'mounts',
  summary: 'print how to mount a snapshot',
  description: `Print the commands that mount an active snapshot or a view. Nothing is mounted.

They are for a snapshot that is mounted nowhere: a second overlay, made by mount(8), breaks the first. "strata mount"
shows the first again.`,
  arguments: [
    { syntax: '<key>', description: 'the key of an active snapshot or a view' },
    { syntax: '<dir>', description: 'the directory to mount at' },
  ],
  examples: ['mounts sandbox-1 /mnt', 'mounts sandbox-1 /mnt | sudo sh'],
  async run(context, { args: [key = '', directory = ''] }) {
    givenPath(directory, '<dir>');
    return (await context.snapshotter()).mounts(key, context.call);
  },
  print: (list, { args: [, directory = ''] }) => list.map((mount) => mountLine(mount, directory)),
});
