import { definePlugin, type PluginReport, SkipPlugin } from '../../plugins/index.js';
import { type LocalSnapshotter, snapshottersInUse } from '../../snapshots/index.js';
import { type Store, statement } from '../../store/index.js';
import { AUTO, chooseDefault, type DefaultChoice } from '../config/default-choice.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface DefaultSnapshotterConfig {
  /** `auto`, or the name of a snapshotter. */
  readonly snapshotter: string;
  readonly logger: Logger;
}

const findChoice = statement<{ value: string }>("SELECT value FROM root_choices WHERE name = 'snapshotter'");
const recordChoice = statement(
  "INSERT INTO root_choices VALUES ('snapshotter', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);

/**
 * The default snapshotter: serves clients that ask for `auto`, callers of the library that name none, and a containerd
 * in front. The choice is recorded with the root, and shown as exports of this plugin.
 */
export const defaultSnapshotterPlugin = definePlugin<DefaultChoice, DefaultSnapshotterConfig>({
  type: pluginTypes.default,
  id: 'snapshotter',
  requires: [pluginTypes.store, pluginTypes.snapshotter],
  async init({ config, meta, reports, single, all }) {
    const loaded = all(pluginTypes.snapshotter);
    const { snapshotter } = config;
    const choice = await choose(single(pluginTypes.store), { snapshotter, loaded, obstacles: obstaclesOf(reports) });
    meta.exports.set('name', choice.name).set('reason', choice.reason);
    const fields = { snapshotter: choice.name, reason: choice.reason };
    if (loaded.has(choice.name)) config.logger.info(fields, 'default snapshotter');
    else config.logger.error(fields, 'the default snapshotter is not started');
    return choice;
  },
});

type Loaded = ReadonlyMap<string, LocalSnapshotter>;

async function choose(
  store: Store,
  { snapshotter, loaded, obstacles }: { snapshotter: string; loaded: Loaded; obstacles: ReadonlyMap<string, string> },
): Promise<DefaultChoice> {
  const { recorded, holding } = store.read((tx) => ({
    recorded: tx.get(findChoice)?.value,
    holding: snapshottersInUse(tx),
  }));
  const choice = chooseDefault({ configured: snapshotter, recorded, holding, usable: [...loaded.keys()], obstacles });
  if (snapshotter === AUTO && choice.name !== recorded) {
    await store.write((tx) => tx.run(recordChoice, choice.name));
  }
  return choice;
}

/** Why snapshotters did not start, by name. */
function obstaclesOf(reports: readonly PluginReport[]): ReadonlyMap<string, string> {
  const obstacles = new Map<string, string>();
  for (const { type, id, error } of reports) {
    if (type === pluginTypes.snapshotter.uri && error !== undefined) obstacles.set(id, reasonOf(error));
  }
  return obstacles;
}

function reasonOf(error: Error): string {
  return error instanceof SkipPlugin ? error.reason : error.message;
}
