import { cannotTry, tryOverlay, withTrialDirectory } from '../../drivers/index.js';
import { fromSystemError } from '../../errors/index.js';
import { definePlugin } from '../../plugins/index.js';
import { type LocalSnapshotter, snapshottersInUse } from '../../snapshots/index.js';
import { type Store, statement } from '../../store/index.js';
import { AUTO, chooseDefault, type DefaultChoice } from '../config/default-choice.js';
import type { Logger } from '../logging/logger.js';
import { pluginTypes } from './plugin-types.js';

/** What the plugin gets. */
export interface DefaultSnapshotterConfig {
  /** `auto`, or the name of a snapshotter. */
  readonly snapshotter: string;
  /** Where overlay would keep its files. */
  readonly overlayRoot: string;
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
  async init({ config, meta, single, all }) {
    const loaded = all(pluginTypes.snapshotter);
    const choice = await choose(single(pluginTypes.store), loaded, config);
    meta.exports.set('name', choice.name).set('reason', choice.reason);
    const fields = { snapshotter: choice.name, reason: choice.reason };
    if (loaded.has(choice.name)) config.logger.info(fields, 'default snapshotter');
    else config.logger.error(fields, 'the default snapshotter is not started');
    return choice;
  },
});

type Loaded = ReadonlyMap<string, LocalSnapshotter>;

async function choose(store: Store, loaded: Loaded, config: DefaultSnapshotterConfig): Promise<DefaultChoice> {
  const { recorded, holding } = store.read((tx) => ({
    recorded: tx.get(findChoice)?.value,
    holding: snapshottersInUse(tx),
  }));
  const isOpen = config.snapshotter === AUTO && holding.length === 0;
  const obstacle = isOpen && loaded.has('overlayfs') ? await obstacleToOverlay(config.overlayRoot) : undefined;
  const choice = chooseDefault({
    configured: config.snapshotter,
    recorded,
    holding,
    usable: [...loaded.keys()].filter((name) => name !== 'overlayfs' || obstacle === undefined),
    obstacles: new Map(obstacle === undefined ? [] : [['overlayfs', obstacle]]),
  });
  if (config.snapshotter === AUTO && choice.name !== recorded) {
    await store.write((tx) => tx.run(recordChoice, choice.name));
  }
  return choice;
}

/** Why overlay cannot be mounted; undefined when it can, or when only other processes may mount. */
async function obstacleToOverlay(root: string): Promise<string | undefined> {
  return withTrialDirectory(root, async (directory) => {
    try {
      await tryOverlay(directory);
      return undefined;
    } catch (error) {
      return cannotTry(error) ? undefined : fromSystemError(error).context;
    }
  });
}
