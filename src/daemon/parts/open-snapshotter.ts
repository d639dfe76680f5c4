import type { FaultPoints } from '../../base/index.js';
import type { PluginContext } from '../../plugins/index.js';
import { type Driver, type Durability, type LimitSettings, LocalSnapshotter } from '../../snapshots/index.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';
import { recoverInBackground } from './recover.js';

/** What every plugin of a snapshotter gets, beside its settings. */
export interface SnapshotterPluginConfig {
  readonly durability: Durability;
  readonly logger: Logger;
  /** Resolves when calls are answered. */
  readonly answering: Promise<unknown>;
  readonly faults: FaultPoints;
}

/** A snapshotter that is to be opened. */
export interface OpenSnapshotter {
  readonly name: string;
  /** Closed with the snapshotter. */
  readonly driver: Driver;
  readonly syncRemove: boolean;
  readonly limits: LimitSettings;
  readonly context: PluginContext<SnapshotterPluginConfig>;
}

/** Reports failures that no caller waits for as warnings. */
export function reporterTo(logger: Logger): (task: string, error: unknown) => void {
  return (task, error) => logger.warn({ err: error }, `failed to ${task}`);
}

/**
 * Opens the snapshotter of a plugin over its driver and the daemon's store, shows the plugin's root and capabilities, and
 * repairs what the last run left, from when calls are answered. Closes the driver when it fails.
 */
export async function openSnapshotter(options: OpenSnapshotter): Promise<LocalSnapshotter> {
  try {
    return await openOver(options);
  } catch (error) {
    await options.driver.close();
    throw error;
  }
}

async function openOver(options: OpenSnapshotter): Promise<LocalSnapshotter> {
  const { name, driver, syncRemove, limits, context } = options;
  const { config, meta } = context;
  const { logger, answering, faults } = config;
  meta.exports.set('root', driver.root);
  meta.capabilities.push(...driver.capabilities.names);
  const store = context.single(pluginTypes.store);
  const undeleted = (count: number) => void meta.exports.set('undeleted', String(count));
  const errors = { report: reporterTo(logger), undeleted };
  const snapshotter = await LocalSnapshotter.open({ name, store, driver, syncRemove, limits, errors, faults });
  recoverInBackground({ name, snapshotter, meta, logger, answering });
  return snapshotter;
}
