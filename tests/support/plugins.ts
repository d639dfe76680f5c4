/** Parts of a daemon, started without the rest of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { defaultConfig } from '../../src/daemon/config/index.js';
import { createLogger } from '../../src/daemon/logging/logger.js';
import { pluginTypes } from '../../src/daemon/parts/plugin-types.js';
import { type AnyRegistration, definePlugin, type PluginSet, startPlugins } from '../../src/plugins/index.js';
import { LocalSnapshotter } from '../../src/snapshots/index.js';
import { MemoryDriver } from './memory-driver.js';
import { openStoreAt } from './store.js';

/** A store in the place of the daemon's. */
export const storePart = definePlugin({
  type: pluginTypes.store,
  id: 'sqlite',
  init: ({ root }) => openStoreAt(root),
  stop: (store) => store.close(),
});

/** A snapshotter over memory. */
export const snapshotterPart = (name: string) =>
  definePlugin({
    type: pluginTypes.snapshotter,
    id: name,
    requires: [pluginTypes.store],
    init: ({ single }) => {
      const errors = { report: () => undefined };
      return LocalSnapshotter.open({ name, store: single(pluginTypes.store), driver: new MemoryDriver(), errors });
    },
    stop: (snapshotter) => snapshotter.close(),
  });

/** Parts that were started. */
export interface StartedParts {
  readonly plugins: PluginSet;
  /** What was logged, a line of JSON each. */
  readonly log: readonly string[];
}

/** A directory of its own for a test. */
export async function newRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'strata-parts-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** Starts parts on a root, each with the same configuration, beside a logger. Whoever calls it stops them. */
export async function startParts(
  root: string,
  parts: readonly AnyRegistration[],
  config: object = {},
): Promise<StartedParts> {
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push(line) };
  const logger = createLogger({ level: 'debug', format: 'json', destination });
  const plugins = await startPlugins(parts, {
    root,
    state: root,
    configOf: () => ({ logger, gc: defaultConfig().gc, ...config }),
  });
  return { plugins, log };
}
