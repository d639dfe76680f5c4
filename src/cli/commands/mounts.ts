import type { Mount } from '../../snapshots/index.js';
import { defineCommand } from '../command.js';
import { mountLine } from '../output/mount-line.js';
import { givenPath } from '../path-argument.js';

/** `strata mounts` */
export const mounts = defineCommand<object, readonly Mount[]>({
  name: 'mounts',
  summary: 'print how to mount a snapshot',
  description: 'Print the commands that mount an active snapshot or a view. Nothing is mounted.',
  arguments: [
    { syntax: '<target>', description: 'the directory to mount at' },
    { syntax: '<key>', description: 'the key of an active snapshot or a view' },
  ],
  examples: ['mounts /mnt sandbox-1', 'mounts /mnt sandbox-1 | sudo sh'],
  async run(context, { args: [target = '', key = ''] }) {
    givenPath(target, '<target>');
    return (await context.snapshotter()).mounts(key, context.call);
  },
  print: (list, { args: [target = ''] }) => list.map((mount) => mountLine(mount, target)),
});
