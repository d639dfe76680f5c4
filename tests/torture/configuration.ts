import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TorturedBackEnd } from './back-ends/index.js';

/** Where a daemon that is started by {@link writeConfiguration} has what. */
export interface Places {
  readonly config: string;
  readonly address: string;
  /** Its root. */
  readonly root: string;
  /** The directory of the back end in it. */
  readonly driver: string;
}

/** What of a back end goes into a configuration. */
type Configured = Pick<TorturedBackEnd, 'snapshotter' | 'settings' | 'prepare' | 'hasFileLists'>;

const plainOverlay: Configured = { snapshotter: 'overlayfs', settings: 'upperdir_label = true' };

/** What is configured. */
export interface ConfigurationOptions {
  /** Default: overlayfs, with the label that shows where the files of snapshots lie. */
  readonly backEnd?: Configured;
  /** Whether commits write file lists, for deep checks. Default false. */
  readonly fileList?: boolean;
}

/** Writes the configuration of a daemon that keeps everything in a directory, and says where its files are. */
export async function writeConfiguration(
  directory: string,
  { backEnd = plainOverlay, fileList = false }: ConfigurationOptions = {},
): Promise<Places> {
  const { snapshotter, settings = '', hasFileLists = false } = backEnd;
  const config = path.join(directory, 'config.toml');
  const address = path.join(directory, 's.sock');
  const root = path.join(directory, 'root');
  await mkdir(root, { recursive: true });
  const plugin = `io.containerd.snapshotter.v1.${snapshotter}`;
  const text = `
version = 1
root = ${JSON.stringify(root)}
state = ${JSON.stringify(path.join(directory, 'state'))}
log_level = "error"
snapshotter = ${JSON.stringify(snapshotter)}
[grpc]
address = ${JSON.stringify(address)}
[plugins.${JSON.stringify(plugin)}]
${settings}
${hasFileLists ? `file_list = ${fileList}` : ''}
`;
  await writeFile(config, text);
  const driver = path.join(root, plugin);
  await backEnd.prepare?.(driver);
  return { config, address, root, driver };
}
