// The back ends that are measured, and what each of them is measured on.

/**
 * @typedef {object} Subject
 * @property {string} name What the snapshotter is called.
 * @property {'ext4' | 'xfs' | 'btrfs'} fileSystem
 * @property {string} [title] What the row is called, when the name is not enough.
 * @property {(directory: string) => string} [settings] TOML for the back end, for a root in a directory.
 */

/** @type {readonly Subject[]} */
export const subjects = [
  { name: 'overlayfs', fileSystem: 'ext4' },
  { name: 'overlayfs', fileSystem: 'xfs' },
  { name: 'btrfs', fileSystem: 'btrfs' },
  { name: 'native', fileSystem: 'ext4' },
  { name: 'native', fileSystem: 'xfs' },
  { name: 'erofs', fileSystem: 'ext4' },
  { name: 'blockfile', fileSystem: 'ext4' },
  { name: 'blockfile', fileSystem: 'xfs' },
];
