import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type CheckEvent,
  type CheckedSnapshotter,
  type CheckRequest,
  type CheckSubject,
  check,
  LayerListWriter,
} from '../../check/index.js';
import { NotFoundError } from '../../errors/index.js';
import { type CallContext, noContext, reservedIdsTable } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import type { Config } from '../config/index.js';
import { faceOf } from '../parts/face.js';
import { openRootStore, storeDirectory } from '../parts/root-store.js';
import { checkerOf, snapshotterRoot } from './checkers.js';
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
    namespaced: faceOf(store) !== 'proxy',
    live: false,
    snapshotters: names.map((name) => closedSnapshotter(config, store, name)),
    lostAndFound: (name) => lostAndFoundOf(config, name),
  };
}

function closedSnapshotter(config: Config, store: Store, name: string): CheckedSnapshotter {
  const files = checkerOf(config, store, name);
  const root = snapshotterRoot(config, name);
  const list = { store, name, root, face: faceOf(store) ?? '', durable: true, described: files?.described };
  // Of what is not known here nobody can tell whether it keeps a list.
  return { name, files, list: files && LayerListWriter.closed(list), isBusy: () => false };
}
