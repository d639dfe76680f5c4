import { type CheckEvent, check } from '../../check/index.js';
import type { CheckOptions, Maintenance } from '../../rpc/client/index.js';
import { type CallContext, noContext } from '../../snapshots/index.js';
import { clearStreams, streamBackup } from '../backup/stream.js';
import { type LiveParts, liveSubject } from './live-subject.js';

/** Maintenance in the process itself, which knows all kinds of findings. */
export interface LiveMaintenance extends Maintenance {
  check(options?: CheckOptions, call?: CallContext): AsyncIterable<CheckEvent>;
}

/** Checks and backs up a Strata that is running, and clears away what an earlier process left of its backups. */
export async function openLiveMaintenance(parts: LiveParts): Promise<LiveMaintenance> {
  const { store, config } = parts;
  const subject = liveSubject(parts);
  await clearStreams(config.root);
  return {
    check: ({ level = 'normal', repair } = {}, call = noContext) => {
      const { dryRun = false, dropDescendants = false } = repair ?? {};
      return check(subject, repair === undefined ? { level } : { level, repair: { dryRun, dropDescendants } }, call);
    },
    backup: (call = noContext) => streamBackup(store, config.root, call),
  };
}
