import { stat } from 'node:fs/promises';
import { resolveConfig } from '../../daemon/index.js';
import { UnavailableError } from '../../errors/index.js';
import { defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { escapeText } from '../output/escape.js';
import { formatBytes } from '../output/units.js';
import { absolutePath } from '../path-argument.js';
import { writeWholeFile } from '../write-file.js';
import { settingsOf } from './config-flags.js';

interface BackupFlags {
  readonly root?: string;
  readonly config?: string;
}

/** What was written. */
export interface BackupOutcome {
  readonly file: string;
  readonly bytes: number;
}

async function run(context: CommandContext, file: string, flags: BackupFlags): Promise<BackupOutcome> {
  if (flags.root === undefined && flags.config === undefined) {
    const bytes = await fromDaemon(context, file);
    if (bytes !== undefined) return { file, bytes };
  }
  const source = flags.config === undefined ? {} : { file: flags.config };
  const root = flags.root === undefined ? {} : { root: flags.root };
  const config = await resolveConfig({ ...source, flags: settingsOf(root), environment: context.io.environment });
  await context.io.tools.backUpRoot(config, file, context.call);
  return { file, bytes: (await stat(file)).size };
}

/** Undefined when there is no daemon and none was named: then the root is there to be read. */
async function fromDaemon(context: CommandContext, file: string): Promise<number | undefined> {
  const client = await context.client();
  try {
    await client.version(context.call);
  } catch (error) {
    if (error instanceof UnavailableError && context.given.address === undefined) return undefined;
    throw error;
  }
  return writeWholeFile(file, client.maintenance.backup(context.call));
}

/** `strata backup` */
export const backup = defineCommand<BackupFlags, BackupOutcome>({
  name: 'backup',
  summary: 'write all records into a file',
  description: `Write all records, as they stand at this moment, into a file: through the daemon when one runs, which goes \
on serving, else from the root itself.

The file holds the records of all snapshots and namespaces, not the files of layers. It is written as a whole or not at \
all, read once completely, and only its owner can read it. The daemon makes such backups by itself, see [backup] in its \
configuration.`,
  arguments: [{ syntax: '<file>', description: 'where to; a file of that name is replaced' }],
  options: [
    { flags: '--root <dir>', description: 'read this root; no daemon may be serving it' },
    { flags: '-c, --config <file>', description: 'configuration file that says where the root is' },
  ],
  examples: ['backup /backups/records.db', 'backup --root /var/lib/strata records.db'],
  run: async (context, { args: [file = ''], options }) => run(context, absolutePath(file, '<file>'), options),
  print: ({ file, bytes }) => [escapeText(`${file}: ${formatBytes(bytes)}`)],
});
