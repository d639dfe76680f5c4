import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AUTO } from '../../daemon/index.js';
import { fromSystemError } from '../../errors/index.js';
import type { Image } from '../../rpc/client/index.js';
import { defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import { escapeText } from '../output/escape.js';
import { ImportProgressLines } from '../output/import-progress.js';
import { absolutePath } from '../path-argument.js';
import { writeWholeFile } from '../write-file.js';

interface ImportFlags {
  readonly name?: string;
  readonly rootfs?: boolean;
  readonly platform?: string;
}

async function run(
  context: CommandContext,
  source: string,
  { name, rootfs = false, platform }: ImportFlags,
): Promise<readonly Image[]> {
  if (rootfs && platform !== undefined) throw new UsageError('--rootfs and --platform: want one of them');
  const { snapshotter } = context.globals;
  const { images } = await context.client();
  const progress = new ImportProgressLines(context.io.stderr);
  const request = {
    source,
    type: rootfs ? 'rootfs' : 'image',
    ...(name === undefined ? {} : { name }),
    ...(platform === undefined ? {} : { platform }),
    ...(snapshotter === AUTO ? {} : { snapshotter }),
    ...(context.globals.json ? {} : { onProgress: progress.show }),
  } as const;
  try {
    return await images.import(request, context.call);
  } catch (error) {
    if (!context.globals.json) progress.end();
    throw error;
  }
}

/** Standard input as a file, since the parts of an image are read in another order than they come. */
async function runFromInput(context: CommandContext, flags: ImportFlags): Promise<readonly Image[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-import-'));
  try {
    const file = path.join(directory, 'standard-input');
    await writeWholeFile(file, context.io.tools.standardInput());
    return await run(context, file, flags);
  } catch (error) {
    throw fromSystemError(error);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** `strata import` */
export const importImages = defineCommand<ImportFlags, readonly Image[]>({
  name: 'import',
  summary: 'import images, or files as an image',
  description: `Import the images of an OCI layout, or of what "docker save" writes: a directory or an archive, which may be \
compressed as a whole, or standard input. Each layer becomes a committed snapshot that is named by its chain ID; layers that are \
there are not read again. An image of the same name is replaced.

The daemon reads the source itself. On standard error it says how far it is; the names of the images and their snapshots are \
printed.`,
  arguments: [{ syntax: '<source>', description: 'a directory or an archive; - for standard input' }],
  options: [
    { flags: '--name <name>', description: 'what to call the image; else what the source calls it' },
    { flags: '--rootfs', description: 'the source holds plain files: make an image of one layer' },
    { flags: '--platform <platform>', description: 'of an image for several, such as linux/arm64' },
  ],
  examples: ['import busybox.tar', 'import --rootfs ./repository --name base', 'import - --name app <app.tar.gz'],
  run: (context, { args: [source = ''], options }) =>
    source === '-' ? runFromInput(context, options) : run(context, absolutePath(source, '<source>'), options),
  print: (images) => images.map(({ name, snapshot }) => escapeText(`${name}  ${snapshot === '' ? '-' : snapshot}`)),
});
