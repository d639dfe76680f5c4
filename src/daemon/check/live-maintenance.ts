import { check } from '../../check/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import type { Maintenance } from '../../rpc/client/index.js';
import { noContext } from '../../snapshots/index.js';
import { clearStreams, streamBackup } from '../backup/stream.js';
import { type LiveParts, liveSubject } from './live-subject.js';

/** Checks and backs up a running Strata, and deletes what an earlier process left of its backups. */
export async function openLiveMaintenance(parts: LiveParts): Promise<Maintenance> {
  const { store, config, collections } = parts;
  const subject = liveSubject(parts);
  await clearStreams(config.root);
  return {
    check: (options, call) => check(subject, options, call),
    backup: (call = noContext) => streamBackup(store, config.root, call),
    async collect({ dryRun = false } = {}, call = noContext) {
      if (collections === undefined)
        throw new FailedPreconditionError('the containerd in front of this daemon collects');
      return collections.collect({ dryRun, signal: call.signal });
    },
  };
}
