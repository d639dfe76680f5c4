import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CheckEvent, type CheckRequest, type CheckSubject, check } from '../../check/index.js';
import { NotFoundError } from '../../errors/index.js';
import { type CallContext, noContext, reservedIdsTable } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { faceTable } from '../face.js';
import { openRootStore, storeDirectory } from '../root-store.js';
import { checkerOf } from './checkers.js';
import { lostAndFoundOf } from './lost-and-found.js';

/**
 * Checks a root that no daemon serves, as `check` does; nothing is started and nothing made. The store is open, and the
 * root closed to a daemon, until the iteration ends.
 * @throws NotFoundError when the root has no store; FailedPreconditionError when a process has it; DataLossError when it
 * is damaged; and as `check`.
 */
export async function* checkRoot(
  config: Config,
  request: CheckRequest,
  call: CallContext = noContext,
): AsyncGenerator<CheckEvent> {
  const path = storeDirectory(config.root);
  if (!existsSync(join(path, 'data.mdb'))) throw new NotFoundError(`the root ${config.root} has no records: ${path}`);
  await using store = await openRootStore(config.root, call.signal);
  yield* check(closedSubject(config, store), request, call);
}

function closedSubject(config: Config, store: Store): CheckSubject {
  const names = store.read((tx) => [...tx.keys(reservedIdsTable)].map(([name]) => name));
  return {
    store,
    namespaced: store.read((tx) => tx.get(faceTable, ['face'])) !== 'proxy',
    live: false,
    snapshotters: names.map((name) => ({ name, files: checkerOf(config, store, name), isBusy: () => false })),
    lostAndFound: (name) => lostAndFoundOf(config, name),
  };
}
