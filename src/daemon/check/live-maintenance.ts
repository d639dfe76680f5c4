import { type CheckOptions, type CheckSubject, check } from '../../check/index.js';
import { FailedPreconditionError } from '../../errors/index.js';
import { whereMounted } from '../../linux/index.js';
import type { Maintenance } from '../../rpc/client/index.js';
import { type CallContext, type LocalSnapshotter, noContext, requireNamespace } from '../../snapshots/index.js';
import { clearStreams, streamBackup } from '../backup/stream.js';
import { AUTO } from '../config/default-choice.js';
import { openFront } from '../front/open-front.js';
import type { StatWatch } from '../front/stat-watch.js';
import { type LiveParts, liveSubject } from './live-subject.js';

/** A daemon in proxy mode, as its containerd knows it. */
export interface Proxied {
  /** Its socket. */
  readonly own: string;
  /** Shows what it is asked for. */
  readonly stats: StatWatch;
}

/**
 * Checks and backs up a running Strata, and deletes what an earlier process left of its backups.
 * @param proxied For a daemon in proxy mode.
 */
export async function openLiveMaintenance(parts: LiveParts, proxied?: Proxied): Promise<Maintenance> {
  const { store, config } = parts;
  const collections = () => {
    if (parts.collections !== undefined) return parts.collections;
    throw new FailedPreconditionError('the containerd in front of this daemon collects');
  };
  const subject = liveSubject(parts);
  await clearStreams(config.root);
  return {
    check: (options = {}, call = noContext) => checkBesideFront(subject, options, { proxied, call }),
    backup: (call = noContext) => streamBackup(store, config.root, call),
    async collect({ dryRun = false } = {}, call = noContext) {
      return collections().collect({ dryRun, signal: call.signal });
    },
    async why({ key, snapshotter: given = AUTO }, call = noContext) {
      const snapshotter = given === AUTO ? parts.defaultName : given;
      const namespace = requireNamespace({ ...call, namespace: call.namespace ?? parts.namespace ?? '' });
      const by = collections().whyKept({ snapshotter, namespace, key });
      const mounted = await whereIsMounted(parts.snapshotters.get(snapshotter), key, { namespace });
      return { by, ...(mounted === undefined ? {} : { mounted }) };
    },
  };
}

async function whereIsMounted(
  snapshotter: Pick<LocalSnapshotter, 'stat' | 'mounts'> | undefined,
  key: string,
  call: CallContext,
): Promise<string | undefined> {
  if (snapshotter === undefined || (await snapshotter.stat(key, call)).kind === 'committed') return undefined;
  return whereMounted(await snapshotter.mounts(key, call));
}

async function* checkBesideFront(
  subject: CheckSubject,
  options: CheckOptions,
  { proxied, call }: { readonly proxied: Proxied | undefined; readonly call: CallContext },
): ReturnType<Maintenance['check']> {
  const { containerd: address } = options;
  if (proxied === undefined) {
    if (address !== undefined)
      throw new FailedPreconditionError('this daemon is not in proxy mode: no containerd is in front');
    yield* check(subject, options, call);
    return;
  }
  const found = await openFront({ address, ...proxied }, call);
  await using _ = 'front' in found ? found.front : undefined;
  yield* check({ ...subject, ...found }, options, call);
}
