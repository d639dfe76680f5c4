import { defaultRoot } from '../../daemon/index.js';
import { configOfRoot, type RootFlags, rootOptions } from '../choose-root.js';
import { defineCommand } from '../command.js';
import { UsageError } from '../failure.js';
import { escapeText } from '../output/escape.js';
import { shellWord } from '../output/mount-line.js';
import { absolutePath } from '../path-argument.js';

/** What was restored. */
export interface RestoreOutcome {
  readonly file: string;
  readonly root: string;
  /** The directory with the records from before; absent when there were none. */
  readonly replaced?: string;
}

function* print({ file, root, replaced }: RestoreOutcome): Generator<string> {
  yield escapeText(`restored the records of ${root} from ${file}`);
  if (replaced !== undefined) {
    yield escapeText(`the records from before are kept in ${replaced}`);
    yield 'no files are deleted for want of records until that directory is';
  }
  yield `next: strata check --root ${shellWord(root)}`;
}

/** `strata restore` */
export const restore = defineCommand<RootFlags, RestoreOutcome>({
  name: 'restore',
  summary: 'take the records back from a backup',
  description: `Put the records of a backup in the place of those of a root, which has to be named. No daemon may be serving it.

The backup is read completely before. The records that it replaces are kept beside them under a dated name, and as long \
as they are there the daemon deletes no files of which the restored records do not speak. Run "strata check" afterwards: \
snapshots that were made since the backup have no records any more, and files of those removed since are gone.`,
  arguments: [{ syntax: '<file>', description: 'what "strata backup" or the daemon has written' }],
  options: rootOptions,
  globals: 'local',
  examples: [
    'restore --root /var/lib/strata /backups/records.db',
    'restore --config /etc/strata/config.toml records.db',
  ],
  async run(context, { args: [name = ''], options }) {
    const file = absolutePath(name, '<file>');
    if (options.root === undefined && options.config === undefined) {
      const usual = shellWord(defaultRoot(context.io.environment));
      throw new UsageError(`this replaces the records of a root: name it with --root (usual is ${usual}) or --config`);
    }
    const config = await configOfRoot(context, options);
    const { replaced } = await context.io.tools.restoreRoot(config, file, context.call);
    return { file, root: config.root, ...(replaced === undefined ? {} : { replaced }) };
  },
  print,
});
