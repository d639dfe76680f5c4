import type { DirectoryFacts } from './directory-facts.js';
import type { Rules } from './finding.js';

const MIB = 2 ** 20;

/** Below this no useful snapshot can be made. */
const GONE_BYTES = 64 * MIB;
const GONE_INODES = 1000;

/** Below this share it is time to do something. */
const LOW_SHARE = 0.05;

/** File systems in memory. */
const VOLATILE = ['tmpfs', 'ramfs'];

/** File systems that other machines may change at the same time. */
const SHARED = ['nfs', 'nfs4', 'cifs', 'smb3', '9p', 'ceph', 'glusterfs'];

const typeOf = ({ mount }: DirectoryFacts): string => mount?.type ?? 'unknown';

const mebibytes = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`;

function unsealedSentence(count: number): string {
  const [layers, them] = count === 1 ? ['layer of erofs is', 'it'] : ['layers of erofs are', 'them'];
  return `${count} ${layers} not protected by fs-verity, and with enable_fsverity = true no snapshot can be based on ${them}.`;
}

/** What can be found about the root. */
export const rootFindings: Rules = {
  'root-no-directory': ({ root }) =>
    root.obstacle !== undefined && {
      severity: 'error',
      sentence: `The root ${root.path} is no directory and cannot be made: ${root.obstacle}.`,
      remedy: 'Move that away, or choose another root with --root.',
    },
  'root-not-writable': ({ root }) =>
    !root.writable &&
    root.mount?.options.includes('ro') !== true && {
      severity: 'error',
      sentence: `This user may not write to ${root.nearest}, where the root ${root.path} is to be.`,
      remedy: 'Run as the user to whom it belongs, or choose another one with --root.',
    },
  'root-read-only': ({ root }) =>
    root.mount?.options.includes('ro') === true && {
      severity: 'error',
      sentence: `The root ${root.path} lies on ${root.mount.point}, which is mounted read-only.`,
      remedy: `Mount it writable (mount -o remount,rw ${root.mount.point}), or choose another root with --root.`,
    },
  'root-volatile': ({ root }) =>
    VOLATILE.includes(typeOf(root)) && {
      severity: 'warning',
      sentence: `The root ${root.path} lies on ${typeOf(root)}: all snapshots are gone after a restart of the machine.`,
      remedy: 'Choose a root on a disk with --root, unless that is what you want.',
    },
  'root-shared': ({ root }) =>
    SHARED.includes(typeOf(root)) && {
      severity: 'warning',
      sentence: `The root ${root.path} lies on ${typeOf(root)}: other machines can change its files, and the store's locks do not work there.`,
      remedy: 'Choose a root on a disk of this machine with --root.',
    },
  'space-gone': ({ root: { path, bytes } }) =>
    bytes.total > 0 &&
    bytes.free < GONE_BYTES && {
      severity: 'error',
      sentence: `There are ${mebibytes(bytes.free)} left for the root ${path}.`,
      remedy: 'Free some space there: remove snapshots, or grow the file system.',
    },
  'space-low': ({ root: { path, bytes } }) =>
    bytes.free >= GONE_BYTES &&
    bytes.free < bytes.total * LOW_SHARE && {
      severity: 'warning',
      sentence: `There are ${mebibytes(bytes.free)} of ${mebibytes(bytes.total)} left for the root ${path}.`,
      remedy: 'Free some space there: remove snapshots, or grow the file system.',
    },
  'inodes-gone': ({ root: { path, inodes } }) =>
    inodes.total > 0 &&
    inodes.free < GONE_INODES && {
      severity: 'error',
      sentence: `There are ${inodes.free} inodes left for the root ${path}: a snapshot takes at least three.`,
      remedy: 'Remove snapshots, or make the file system again with more inodes (mkfs.ext4 -N).',
    },
  'inodes-low': ({ root: { path, inodes } }) =>
    inodes.free >= GONE_INODES &&
    inodes.free < inodes.total * LOW_SHARE && {
      severity: 'warning',
      sentence: `There are ${inodes.free} of ${inodes.total} inodes left for the root ${path}.`,
      remedy: 'Remove snapshots, or choose a file system that makes inodes as they are needed (xfs, btrfs).',
    },
  'quota-off': ({ root }) =>
    root.projectQuota === 'off' && {
      severity: 'notice',
      sentence: `The file system of the root (${typeOf(root)}) could limit what a snapshot takes, but project quotas are not switched on.`,
      remedy:
        'Mount it with the option prjquota; ext4 needs "tune2fs -O project,quota -Q prjquota" before, while it is not mounted.',
    },
  'layers-unsealed': ({ unsealed }) =>
    unsealed.length > 0 && {
      severity: 'warning',
      sentence: unsealedSentence(unsealed.length),
      remedy: 'Remove them and pull them again, or set enable_fsverity = "auto".',
    },
  'no-directory-types': ({ root }) =>
    root.directoryTypes === false && {
      severity: 'warning',
      sentence: `The file system of the root (${typeOf(root)}) does not tell the types of directory entries: overlay would show deleted files.`,
      remedy: 'Make it again, xfs with ftype=1, or choose another root with --root.',
    },
};
