import { join } from 'node:path';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import { BackupSchedule } from '../backup/schedule.js';
import type { Config } from '../config/index.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface BackupPluginConfig {
  readonly config: Pick<Config, 'root' | 'backup'>;
  readonly logger: Logger;
}

/** Where the schedule puts its backups. */
export function backupDirectory({ root, backup }: Pick<Config, 'root' | 'backup'>): string {
  return backup.directory === '' ? join(root, 'io.strata.backup.v1.records') : backup.directory;
}

/** Backups of the records, every so often. */
export const backupPlugin = definePlugin<BackupSchedule, BackupPluginConfig>({
  type: pluginTypes.backup,
  id: 'records',
  requires: [pluginTypes.store],
  async init({ config: { config, logger }, meta, single }) {
    const { interval, keep } = config.backup;
    if (interval === 0) throw new SkipPlugin('backups are off');
    const directory = backupDirectory(config);
    meta.exports.set('directory', directory);
    const schedule = new BackupSchedule({
      store: single(pluginTypes.store),
      directory,
      interval,
      keep,
      onDone: ({ path }) => {
        meta.exports.set('newest', path);
        logger.info({ file: path }, 'made a backup of the records');
      },
      onFailure: (error) => {
        meta.exports.set('failed', new Date().toISOString());
        logger.error({ err: error, directory }, 'failed to make a backup of the records');
      },
    });
    await schedule.start();
    return schedule;
  },
  stop: (schedule) => schedule.close(),
});
