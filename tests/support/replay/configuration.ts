import { writeFileSync } from 'node:fs';

/** Back ends that have no part in it, each of which would be tried at every start. */
const others = ['native', 'btrfs', 'erofs', 'blockfile', 'devmapper'].map((id) => `io.containerd.snapshotter.v1.${id}`);

/**
 * Writes the configuration with which Strata is recorded and started again.
 * @param fileList Whether commits list what is in their layers, which then are never recorded before they are on disk.
 */
export function writeReplayConfiguration(file: string, fileList = true): void {
  const text = `
version = 1
disabled_plugins = ${JSON.stringify(others)}
[backup]
interval = "0ms"
[plugins."io.containerd.snapshotter.v1.overlayfs"]
upperdir_label = true
file_list = ${fileList}
`;
  writeFileSync(file, text);
}
