import type { Image, ImageDetails } from '../../rpc/client/index.js';
import { type CommandGroup, defineCommand, printNothing } from '../command.js';
import { noTruncOption, shortName } from '../output/short-name.js';
import { renderFields, renderTable } from '../output/table.js';
import { formatAge, formatBytes, formatTime } from '../output/units.js';

interface ListFlags {
  /** False for `--no-trunc`. */
  readonly trunc?: boolean;
}

const ls = defineCommand<ListFlags, readonly Image[]>({
  name: 'ls',
  aliases: ['list'],
  summary: 'list images',
  options: [noTruncOption],
  examples: ['images ls', 'images ls --json'],
  run: async (context) => (await context.client()).images.list(context.call),
  print(images, { now, options: { trunc = true } }) {
    const shown = trunc ? shortName : (name: string) => name;
    return renderTable(
      [
        { title: 'NAME' },
        { title: 'PLATFORM' },
        { title: 'LAYERS', align: 'right' },
        { title: 'SIZE', align: 'right' },
        { title: 'IMPORTED' },
        { title: 'SNAPSHOT' },
      ],
      images.map((image) => [
        shown(image.name),
        image.platform,
        String(image.layers),
        formatBytes(image.size),
        formatAge(image.updated, now),
        shown(image.snapshot),
      ]),
    );
  },
});

const inspect = defineCommand<object, ImageDetails>({
  name: 'inspect',
  summary: 'show everything about an image',
  description: 'Show everything about an image. With --json also its manifest and its configuration, as they came.',
  arguments: [{ syntax: '<name>', description: 'the name of an image' }],
  examples: ['images inspect busybox', 'images inspect --json busybox'],
  run: async (context, { args: [name = ''] }) => (await context.client()).images.inspect(name, context.call),
  print: (image) =>
    renderFields([
      ['Name', image.name],
      ['Digest', image.digest],
      ['Platform', image.platform],
      ['Snapshotter', image.snapshotter],
      ['Size', formatBytes(image.size)],
      ['Created', formatTime(image.created)],
      ['Imported', formatTime(image.updated)],
      ...image.chain.map((layer, index) => [index === 0 ? 'Layers' : '', layer] as const),
    ]),
});

const rm = defineCommand<object, void>({
  name: 'rm',
  aliases: ['remove', 'delete'],
  summary: 'remove images',
  description: `Remove images, and those of their layers that came with an import and that nothing else is based on.

When one cannot be removed, the command says so, removes the others, and exits with status 1.`,
  arguments: [{ syntax: '<name...>', description: 'the names of images' }],
  examples: ['images rm busybox'],
  async run(context, { args }) {
    const { images } = await context.client();
    for (const name of args) {
      await images.remove(name, context.call).catch((error: unknown) => context.report(name, error));
    }
  },
  print: printNothing,
});

/** `strata images` */
export const images: CommandGroup = {
  name: 'images',
  aliases: ['image'],
  summary: 'list, show and remove images',
  commands: [ls, inspect, rm],
};
