import { NotFoundError } from '../../errors/index.js';
import { defineCommand, printNothing } from '../command.js';
import { absolutePath } from '../path-argument.js';

/** `strata mount` */
export const mount = defineCommand<object, void>({
  name: 'mount',
  summary: 'mount a snapshot at a directory',
  description: `Mount an active snapshot or a view at a directory that exists. Needs root.

One that is mounted already, in a running container for instance, is shown again: all its mounts have the same files,
and unmounting one leaves the others as they are. Where it cannot be shown again, since it is mounted in another mount
namespace for instance, the error says where to look.`,
  arguments: [
    { syntax: '<key>', description: 'the key of an active snapshot or a view' },
    { syntax: '<dir>', description: 'the directory to mount at' },
  ],
  examples: ['mount sandbox-1 /mnt'],
  async run(context, { args: [key = '', directory = ''] }) {
    const target = absolutePath(directory, '<dir>');
    const mounts = await (await context.snapshotter()).mounts(key, context.call);
    await context.io.tools.mount(mounts, target);
  },
  print: printNothing,
});

interface UmountOptions {
  readonly recursive?: boolean;
}

/** `strata umount` */
export const umount = defineCommand<UmountOptions, void>({
  name: 'umount',
  aliases: ['unmount'],
  summary: 'unmount what is mounted at a directory',
  description: `Unmount everything that is mounted at a directory. Needs root; asks no daemon.

A mount that is in use is tried again for 2.5 seconds; then the error names what holds it: the mounts inside, the
processes, and the loop devices of files in it.`,
  arguments: [{ syntax: '<dir>', description: 'the directory that was mounted at' }],
  options: [{ flags: '-R, --recursive', description: 'unmount what is mounted inside as well, from the inside out' }],
  globals: 'local',
  examples: ['umount /mnt', 'umount -R /mnt'],
  async run(context, { args: [directory = ''], options: { recursive = false } }) {
    const target = absolutePath(directory, '<dir>');
    if (await context.io.tools.unmount(target, { recursive })) return;
    throw new NotFoundError(`nothing is mounted at ${target}`);
  },
  print: printNothing,
});
