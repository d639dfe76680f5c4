import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '../../daemon/index.js';
import type { StrataClient } from '../../rpc/client/index.js';
import type { CallContext } from '../../snapshots/index.js';
import { type RootFlags, rootOptions, rootWithoutDaemon } from '../choose-root.js';
import { defineCommand } from '../command.js';
import type { CommandContext } from '../context.js';
import { UsageError } from '../failure.js';
import { interruptible } from '../interruption.js';
import { escapeText } from '../output/escape.js';
import { formatBytes } from '../output/units.js';
import { absolutePath } from '../path-argument.js';
import { writeWholeFile } from '../write-file.js';

/** The name of standard output. */
const STANDARD_OUTPUT = '-';

/** What was written. */
export interface BackupOutcome {
  readonly file: string;
  readonly bytes: number;
}

type Source = { readonly config: Config } | { readonly client: StrataClient };

async function sourceOf(context: CommandContext, flags: RootFlags): Promise<Source> {
  const config = await rootWithoutDaemon(context, flags);
  return config === undefined ? { client: await context.client() } : { config };
}

async function toFile(context: CommandContext, file: string, flags: RootFlags): Promise<BackupOutcome> {
  const source = await sourceOf(context, flags);
  const bytes = await interruptible(async (interrupt) => {
    const call = untilEither(context, interrupt);
    if ('client' in source) return writeWholeFile(file, source.client.maintenance.backup(call));
    await context.io.tools.backUpRoot(source.config, file, call);
    return (await stat(file)).size;
  });
  return { file, bytes };
}

/** The call, which ends with a signal as well. */
function untilEither({ call }: CommandContext, interrupt: AbortSignal): CallContext {
  return { ...call, signal: AbortSignal.any([interrupt, ...(call.signal === undefined ? [] : [call.signal])]) };
}

async function toStandardOutput(context: CommandContext, flags: RootFlags): Promise<void> {
  if (context.globals.json) throw new UsageError('--json: standard output is for the backup');
  if (context.io.stdout.isTTY === true) {
    throw new UsageError('<file>: standard output is a terminal; send it to a file or a program, or name a file');
  }
  const source = await sourceOf(context, flags);
  await interruptible((interrupt) => {
    const call = untilEither(context, interrupt);
    if ('client' in source) return context.writeBytes(source.client.maintenance.backup(call));
    return context.writeBytes(bytesOfRoot(context, { config: source.config, call }));
  });
}

async function* bytesOfRoot(
  { io }: CommandContext,
  { config, call }: { readonly config: Config; readonly call: CallContext },
): AsyncGenerator<Uint8Array> {
  const directory = await mkdtemp(path.join(tmpdir(), 'strata-backup-'));
  try {
    const file = path.join(directory, 'records.db');
    await io.tools.backUpRoot(config, file, call);
    yield* createReadStream(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** `strata backup` */
export const backup = defineCommand<RootFlags, BackupOutcome | undefined>({
  name: 'backup',
  summary: 'write all records into a file',
  description: `Write all records, as they stand at this moment, into a file: through the daemon when one runs, which goes \
on serving, else from the root itself.

The file holds the records of all snapshots and namespaces, not the files of layers. It is written as a whole or not at \
all, read once completely, and only its owner can read it. The daemon makes such backups by itself, see [backup] in its \
configuration.`,
  arguments: [
    { syntax: '<file>', description: 'where to; a regular file of that name is replaced; - is standard output' },
  ],
  options: rootOptions,
  examples: [
    'backup /backups/records.db',
    'backup --root /var/lib/strata records.db',
    'backup - | gzip > /backups/records.db.gz',
  ],
  async run(context, { args: [file = ''], options }) {
    if (file !== STANDARD_OUTPUT) return toFile(context, absolutePath(file, '<file>'), options);
    await toStandardOutput(context, options);
    return undefined;
  },
  print: (outcome) => (outcome === undefined ? [] : [escapeText(`${outcome.file}: ${formatBytes(outcome.bytes)}`)]),
});
