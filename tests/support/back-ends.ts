/** The back ends beside overlayfs, and how a daemon comes to serve each. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loopFileSystem } from './loop-file-system.js';
import type { Need } from './needs/index.js';
import type { Scenario } from './scenario.js';
import { Strata } from './strata.js';

/** A back end, configured in a way that deserves tests of its own. */
export interface BackEnd {
  readonly title: string;
  readonly snapshotter: string;
  readonly needs: readonly Need[];
  /** What its files lie on; the temporary folder when absent. */
  readonly fileSystem?: 'ext4' | 'xfs' | 'btrfs';
  /** TOML for its table in the configuration. */
  readonly settings?: string;
}

/** All of them. A new one is an entry here. */
export const backEnds: readonly BackEnd[] = [
  { title: 'native', snapshotter: 'native', needs: ['root'] },
  { title: 'native on xfs', snapshotter: 'native', needs: ['xfs'], fileSystem: 'xfs' },
  { title: 'blockfile', snapshotter: 'blockfile', needs: ['ext4'] },
  {
    title: 'blockfile with xfs',
    snapshotter: 'blockfile',
    needs: ['xfs'],
    settings: 'fs_type = "xfs"\ndefault_size = "512MiB"',
  },
  { title: 'btrfs', snapshotter: 'btrfs', needs: ['btrfs'], fileSystem: 'btrfs' },
  { title: 'erofs', snapshotter: 'erofs', needs: ['erofs', 'overlay'] },
  {
    title: 'erofs with images to write to',
    snapshotter: 'erofs',
    needs: ['erofs', 'overlay', 'ext4'],
    settings: 'default_size = "64MiB"',
  },
];

/** Starts a daemon on a back end; it goes with the scenario, and so does its file system. */
export async function startBackEnd(
  scenario: Scenario,
  { snapshotter, fileSystem, settings = '' }: BackEnd,
  options: { readonly proxy?: boolean } = {},
): Promise<Strata> {
  const directory = fileSystem === undefined ? await scenario.directory() : await mounted(scenario, fileSystem);
  const config = path.join(directory, 'config.toml');
  const table = `[plugins."io.containerd.snapshotter.v1.${snapshotter}"]\n${settings}\n`;
  await writeFile(config, `[proxy]\nsnapshotter = "${snapshotter}"\n${table}`);
  return Strata.start(scenario, { ...options, directory, snapshotter, args: ['--config', config] });
}

async function mounted(scenario: Scenario, type: NonNullable<BackEnd['fileSystem']>): Promise<string> {
  const fileSystem = await loopFileSystem({ type, size: 2 ** 30 });
  scenario.defer(async () => {
    await fileSystem[Symbol.asyncDispose]();
  });
  return fileSystem.path;
}
