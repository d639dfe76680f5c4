/** What a daemon is doing at one moment, and how that is told to the people who ask with SIGUSR1. */
import { type PoolLoad, poolLoads } from '../../base/index.js';
import type { PluginReport, PluginSet } from '../../plugins/index.js';
import type { CallUnderWay, GrpcServer } from '../../rpc/engines/index.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from '../parts/plugin-types.js';

/** What a daemon is doing at one moment. */
export interface Activity {
  /** The oldest first. */
  readonly calls: readonly CallUnderWay[];
  /** Changes of records that are not on disk yet. */
  readonly changesWaiting: number;
  /** Subscriptions to events. */
  readonly subscribers: number;
  /** What the worker threads have to do, by kind of work. */
  readonly pools: readonly PoolLoad[];
  readonly backEnds: readonly PluginReport[];
}

/** Looks at the parts of a daemon. Costs nothing worth mentioning and waits for nothing. */
export function activityOf(plugins: PluginSet, server: GrpcServer): Activity {
  return {
    calls: server.callsUnderWay,
    changesWaiting: plugins.single(pluginTypes.store).waiting,
    subscribers: plugins.single(pluginTypes.event).counters.subscribers,
    pools: poolLoads(),
    backEnds: plugins.reports.filter(({ type }) => type === pluginTypes.snapshotter.uri),
  };
}

/** Logs it: a line for the whole, one for each back end, one for each kind of work that is not idle, one for each call. */
export function logActivity(logger: Logger, activity: Activity): void {
  const { calls, changesWaiting, subscribers, pools, backEnds } = activity;
  logger.info({ calls: calls.length, changesWaiting, subscribers }, 'what the daemon is doing');
  for (const { id, status, error } of backEnds) {
    logger.info({ snapshotter: id, status, ...(error === undefined ? {} : { reason: error.message }) }, 'back end');
  }
  for (const { name, running, waiting } of pools) {
    if (running + waiting > 0) logger.info({ threads: name, running, waiting }, 'work off the event loop');
  }
  for (const { path, age, ...about } of calls)
    logger.info({ method: path, ...about, age: `${age}ms` }, 'call under way');
}
