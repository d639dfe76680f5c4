import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Where a daemon that is started by {@link writeConfiguration} has what. */
export interface Places {
  readonly config: string;
  readonly address: string;
  /** The root of overlayfs, and its directory with one directory per snapshot. */
  readonly overlay: string;
  readonly snapshots: string;
}

/**
 * Writes the configuration of a daemon that keeps everything in a directory, and says where its files are.
 * @param manifest Whether commits write manifests, for deep checks.
 */
export async function writeConfiguration(directory: string, manifest = false): Promise<Places> {
  const config = path.join(directory, 'config.toml');
  const address = path.join(directory, 's.sock');
  await mkdir(path.join(directory, 'root'), { recursive: true });
  const text = `
version = 1
root = ${JSON.stringify(path.join(directory, 'root'))}
state = ${JSON.stringify(path.join(directory, 'state'))}
log_level = "error"
[grpc]
address = ${JSON.stringify(address)}
[plugins."io.containerd.snapshotter.v1.overlayfs"]
upperdir_label = true
manifest = ${manifest}
`;
  await writeFile(config, text);
  const overlay = path.join(directory, 'root', 'io.containerd.snapshotter.v1.overlayfs');
  return { config, address, overlay, snapshots: path.join(overlay, 'snapshots') };
}
