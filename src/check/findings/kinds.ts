/**
 * Every kind of finding, at which level it is looked for, what it means, and what a repair does about it. The table in
 * docs/check.md is made from this.
 */
import type { CheckLevel } from '../../snapshots/index.js';

/** What a repair can do about a finding. `none`: nothing that would not be a guess. */
export const remedies = {
  'rewrite-chain': "writes the chain of layers as the parents' records say it, which agree about the parent",
  'raise-mark': 'moves the mark of ids in use up, so that none is given out twice; only while no daemon runs',
  'write-namespace': 'makes the namespace known again, without labels',
  'make-directory': 'makes the directory again, where empty is all that it can have been',
  'make-read-only': 'makes the layer read-only again; a deep check tells whether it was changed meanwhile',
  activate: 'activates the device again',
  mount: 'mounts it again',
  unmount: 'unmounts it',
  'set-mode': 'sets the mode that the directory was made with',
  'set-owner': 'gives the directory to the owner of the directory above it',
  'move-away': 'moves what lies there to lost+found; a device stays in its pool, and lost+found has its number',
  'drop-snapshot':
    'deletes its record, so that it can be fetched again, and moves its files to lost+found; with the snapshots that ' +
    'are based on it only when that is asked for',
  forget:
    "deletes containerd's record of it, through containerd, so that the next pull or import unpacks it again; where a container " +
    'uses it, only with `--drop-descendants`',
  none: 'nothing: it takes a person to decide',
} as const;

/** What a repair can do about a finding. */
export type Remedy = keyof typeof remedies;

/** A kind of finding. */
export interface KindOfFinding {
  readonly level: CheckLevel;
  readonly meaning: string;
  /** What a repair does; a single finding may have `none` instead, where its message says why. */
  readonly remedy: Remedy;
  /** Whether it is only told, since nothing is wrong. */
  readonly isNote?: boolean;
}

/** All kinds, by name. */
export const findingKinds = {
  'damaged-store': {
    level: 'quick',
    meaning:
      'The file with the records is damaged, or rows contradict each other. Nothing is repaired before it is whole.',
    remedy: 'none',
  },
  'parent-not-committed': {
    level: 'quick',
    meaning: 'The parent of a snapshot is not committed.',
    remedy: 'drop-snapshot',
  },
  'chain-differs': {
    level: 'quick',
    meaning: "The chain of layers of a snapshot is not its parent's chain with the parent on top.",
    remedy: 'rewrite-chain',
  },
  'parent-elsewhere': {
    level: 'quick',
    meaning: 'The parent of a snapshot belongs to another snapshotter or another namespace.',
    remedy: 'drop-snapshot',
  },
  'wrong-times': {
    level: 'quick',
    meaning: 'A snapshot was made before 1970 or after 2255, or was last changed before it was made.',
    remedy: 'none',
  },
  'id-beyond-reserved': {
    level: 'quick',
    meaning: 'An id is in use that counts as never given out, so that it would be given out again.',
    remedy: 'raise-mark',
  },
  'missing-namespace': {
    level: 'quick',
    meaning: 'There are snapshots in a namespace that has no record.',
    remedy: 'write-namespace',
  },
  'missing-directory': {
    level: 'quick',
    meaning: 'A snapshot has no directory, or no subvolume.',
    remedy: 'drop-snapshot',
  },
  'missing-files-directory': {
    level: 'quick',
    meaning: "The directory of a snapshot's files is gone.",
    remedy: 'drop-snapshot',
  },
  'missing-work-directory': {
    level: 'quick',
    meaning: 'The directory that overlayfs works in is gone; the snapshot cannot be mounted.',
    remedy: 'make-directory',
  },
  'missing-empty-directory': {
    level: 'quick',
    meaning:
      'The empty directory over which layers are unpacked before their parents are there is gone; they cannot be mounted. Looked for on a daemon.',
    remedy: 'make-directory',
  },
  'missing-image': {
    level: 'quick',
    meaning: 'The image that holds the files of a snapshot is gone.',
    remedy: 'drop-snapshot',
  },
  'missing-device': {
    level: 'quick',
    meaning: 'Nothing is recorded of the thin device of a snapshot, or the pool does not have it.',
    remedy: 'drop-snapshot',
  },
  'faulty-device': {
    level: 'quick',
    meaning: 'The thin device of a snapshot cannot be relied upon; the message says why.',
    remedy: 'drop-snapshot',
  },
  'inactive-device': {
    level: 'normal',
    meaning: 'A thin device that is recorded as activated is not. Looked for on a daemon.',
    remedy: 'activate',
  },
  'missing-mount': {
    level: 'quick',
    meaning:
      'A layer that a snapshot is based on is not mounted, so that the snapshot cannot be. Looked for on a daemon.',
    remedy: 'mount',
  },
  'stray-mount': {
    level: 'quick',
    meaning: 'Something is mounted below the snapshotter that nobody needs.',
    remedy: 'unmount',
  },
  leftover: {
    level: 'quick',
    meaning:
      'Something was left by work that was not finished, or does not fit what it was made of. It is deleted by the next start, or when it is met.',
    remedy: 'move-away',
  },
  'wrong-type': {
    level: 'quick',
    meaning: 'Where a directory, a subvolume or an image must be there is something else, such as a symbolic link.',
    remedy: 'drop-snapshot',
  },
  'orphan-directory': {
    level: 'quick',
    meaning: 'A directory, an image or a device has no record. The next start or clean-up of the daemon deletes it.',
    remedy: 'move-away',
  },
  'foreign-entry': {
    level: 'quick',
    meaning:
      'Among the directories of the snapshots lies something that is none. The next start or clean-up deletes it.',
    remedy: 'move-away',
  },
  'writable-layer': {
    level: 'quick',
    meaning: 'The subvolume of a layer, or of a view, can be written to.',
    remedy: 'make-read-only',
  },
  'wrong-origin': {
    level: 'normal',
    meaning: 'The subvolume of an active snapshot was not made from the layer that it is based on.',
    remedy: 'none',
  },
  'damaged-image': {
    level: 'normal',
    meaning: 'An image does not hold the file system that it should, or not all of it.',
    remedy: 'drop-snapshot',
  },
  'damaged-scratch': {
    level: 'normal',
    meaning: 'The empty image that new snapshots are copied from is damaged; without it a new one is made.',
    remedy: 'move-away',
  },
  'wrong-mode': {
    level: 'normal',
    meaning: 'A directory or an image of the snapshotter has another mode than it was made with.',
    remedy: 'set-mode',
  },
  'wrong-owner': {
    level: 'normal',
    meaning:
      "A directory or an image of the snapshotter belongs to another user or group than the snapshotter's own directory.",
    remedy: 'set-owner',
  },
  'usage-differs': {
    level: 'normal',
    meaning: 'A layer does not take what it took when it was committed: something in it was added, removed or changed.',
    remedy: 'none',
  },
  'unreadable-file': {
    level: 'normal',
    meaning: 'Something cannot be looked at or read; the message has the error of the system.',
    remedy: 'none',
  },
  'unreadable-file-list': {
    level: 'deep',
    meaning: 'The file list of a layer is damaged, so that there is nothing to compare the layer with.',
    remedy: 'none',
  },
  'content-missing': {
    level: 'deep',
    meaning: 'Something that the file list of a layer names is gone.',
    remedy: 'drop-snapshot',
  },
  'content-added': {
    level: 'deep',
    meaning: 'There is something in a layer that its file list does not name.',
    remedy: 'drop-snapshot',
  },
  'content-differs': {
    level: 'deep',
    meaning: 'Something in a layer is not as its file list says; the message names what differs.',
    remedy: 'drop-snapshot',
  },
  'lost-snapshot': {
    level: 'quick',
    meaning:
      'The containerd in front has a record of a snapshot that is not here, so that importing or pulling its image fails. Looked for on a daemon in proxy mode.',
    remedy: 'forget',
  },
  'unclaimed-snapshot': {
    level: 'quick',
    meaning:
      'A note, which does not count: the containerd in front has no record of a snapshot. Its garbage collection takes it away after the next removal of any.',
    remedy: 'none',
    isNote: true,
  },
} as const satisfies Readonly<Record<string, KindOfFinding>>;

/** The name of a kind of finding. */
export type FindingKind = keyof typeof findingKinds;

/** Whether findings of a kind are only told. */
export function isNote(kind: FindingKind): boolean {
  const { isNote: told = false }: KindOfFinding = findingKinds[kind];
  return told;
}
