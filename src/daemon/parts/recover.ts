import { CanceledError } from '../../errors/index.js';
import type { PluginMeta } from '../../plugins/index.js';
import type { LocalSnapshotter, RecoveryReport } from '../../snapshots/index.js';
import type { Logger } from '../logging/logger.js';

/** What to repair, and where to report it. */
export interface RecoverOptions {
  readonly name: string;
  readonly snapshotter: Pick<LocalSnapshotter, 'recover'>;
  readonly meta: PluginMeta;
  readonly logger: Logger;
  /** Resolves when calls are answered. */
  readonly answering: Promise<unknown>;
}

/**
 * Repairs what the last run left, once the daemon answers: earlier it would only delay the first answer. The outcome is a
 * line in the log, and the export `recovery` of the plugin.
 */
export function recoverInBackground({ name, snapshotter, meta, logger, answering }: RecoverOptions): void {
  meta.exports.set('recovery', 'under way');
  const recovered = answering.then(() => snapshotter.recover());
  recovered.then(
    (report) => {
      meta.exports.set('recovery', summaryOf(report));
      const level = needsAttention(report) ? 'warn' : 'info';
      logger[level]({ snapshotter: name, ...report }, 'compared files and records after the last run');
    },
    (error: unknown) => {
      // Closed before it was done: the next start begins again.
      if (error instanceof CanceledError) return;
      meta.exports.set('recovery', 'failed');
      logger.warn({ err: error, snapshotter: name }, 'failed to compare files and records after the last run');
    },
  );
}

function needsAttention({ failed, missing }: RecoveryReport): boolean {
  return failed > 0 || missing.length > 0;
}

/** The counts, as `deleted=1 kept=0 ...`. */
function summaryOf({ missing, ...counts }: RecoveryReport): string {
  return Object.entries({ ...counts, missing: missing.length })
    .map(([what, count]) => `${what}=${count}`)
    .join(' ');
}
