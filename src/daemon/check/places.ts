import { join } from 'node:path';
import type { Config } from '../config/index.js';

type Roots = Pick<Config, 'root' | 'plugins'>;

/** Where a snapshotter has its files: below the root, or where the configuration says. */
export function snapshotterRoot(config: Roots, snapshotter: string): string {
  return elsewhere(config, snapshotter) ?? join(config.root, pluginOf(snapshotter));
}

/** The `lost+found` of a snapshotter: below the root, or with its files where those are elsewhere. */
export function lostAndFoundOf(config: Roots, snapshotter: string): string {
  return join(elsewhere(config, snapshotter) ?? config.root, 'lost+found');
}

function pluginOf(snapshotter: string): string {
  return `io.containerd.snapshotter.v1.${snapshotter}`;
}

function elsewhere({ plugins }: Roots, snapshotter: string): string | undefined {
  const sections: Readonly<Record<string, object>> = plugins;
  const name = pluginOf(snapshotter);
  const section = Object.hasOwn(sections, name) ? sections[name] : undefined;
  if (section === undefined || !('rootPath' in section)) return undefined;
  const { rootPath } = section;
  return typeof rootPath === 'string' && rootPath !== '' ? rootPath : undefined;
}
