import type { FaultPoints } from '../../base/index.js';
import { StrataError, type StrataErrorClass } from '../../errors/index.js';
import { definePlugin, SkipPlugin } from '../../plugins/index.js';
import type { Driver, Durability, LimitSettings, LocalSnapshotter } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { openSnapshotter, reporterTo, type SnapshotterPluginConfig } from './open-snapshotter.js';
import type { ConfiguredPlugin } from './plugin-types.js';
import { pluginTypes } from './plugin-types.js';

/** What a driver is opened with, beside its own settings. */
export interface BackEndPlace {
  /** A directory for its files alone, which survives; not made yet. */
  readonly root: string;
  readonly store: Store;
  readonly durability: Durability;
  readonly faults: FaultPoints;
  /** Told about failures that no caller waits for. */
  readonly report: (task: string, error: unknown) => void;
}

/** One back end: how its driver is opened, and what is built on it. */
export interface BackEnd {
  /** Of the plugin and the snapshotter. */
  readonly id: string;
  /** Where its files are; empty for the plugin's own directory. */
  readonly rootPath?: string;
  readonly syncRemove: boolean;
  readonly limits: LimitSettings;
  /** Classes of errors with which this machine cannot run it: it is skipped then, where others fail. */
  readonly skippedBy?: readonly StrataErrorClass[];
  open(place: BackEndPlace): Promise<Driver> | Driver;
}

/** The plugin of a back end. Without the store it touches nothing, since another process may have the root. */
export function snapshotterPlugin(backEnd: BackEnd): ConfiguredPlugin['plugin'] {
  const { id, syncRemove, limits } = backEnd;
  return definePlugin<LocalSnapshotter, SnapshotterPluginConfig>({
    type: pluginTypes.snapshotter,
    id,
    requires: [pluginTypes.store],
    async init(context) {
      const store = context.single(pluginTypes.store);
      const { durability, faults, logger } = context.config;
      const root = backEnd.rootPath || context.root;
      const driver = await openOrSkip(backEnd, { root, store, durability, faults, report: reporterTo(logger) });
      return openSnapshotter({ name: id, driver, syncRemove, limits, context });
    },
    stop: (snapshotter) => snapshotter.close(),
  });
}

async function openOrSkip({ open, skippedBy = [] }: BackEnd, place: BackEndPlace): Promise<Driver> {
  try {
    return await open(place);
  } catch (error) {
    if (!(error instanceof StrataError) || !skippedBy.some((Class) => error instanceof Class)) throw error;
    throw new SkipPlugin(error.context, { cause: error });
  }
}
