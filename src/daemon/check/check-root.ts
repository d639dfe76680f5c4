import { type CheckEvent, type CheckOptions, type CheckSubject, check } from '../../check/index.js';
import { type CallContext, noContext } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { backupDirectory } from '../parts/backup.js';
import { openRootStore } from '../parts/root-store.js';
import { checkerOf, snapshotters } from './checkers.js';
import { lostAndFoundOf } from './places.js';

/**
 * Checks a root that no daemon serves, as `check` does; nothing is started and nothing made. The store is open, and the
 * root closed to a daemon, until the iteration ends.
 * @throws NotFoundError when the root has no store; FailedPreconditionError when a process has it or its records are in LMDB; DataLossError when it
 * is too damaged to be opened; and as `check`.
 */
export async function* checkRoot(
  config: Config,
  options: CheckOptions,
  call: CallContext = noContext,
): AsyncGenerator<CheckEvent> {
  await using store = await openRootStore(config.root, { backups: backupDirectory(config) });
  yield* check(closedSubject(config, store), options, call);
}

function closedSubject(config: Config, store: Store): CheckSubject {
  return {
    store,
    live: false,
    snapshotters: snapshotters.map((name) => ({
      name,
      files: checkerOf(config, store, name),
      isBusy: () => false,
    })),
    lostAndFound: (name) => lostAndFoundOf(config, name),
  };
}
