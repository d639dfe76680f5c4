/**
 * Every kind of finding, at which level it is looked for, what it means, and what a repair does about it. The table in
 * docs/check.md is made from this.
 */
import type { CheckLevel } from '../../snapshots/index.js';

/** What a repair can do about a finding. `none`: nothing that would not be a guess. */
export const remedies = {
  'remove-link': 'deletes an entry of an index that leads nowhere',
  'write-link': 'writes the missing entry of an index, from the record that it belongs to',
  'rewrite-chain': "copies the chain below from the parent's record, which agrees about the parent",
  'raise-mark': 'moves the mark of numbers in use up, so that none is given out twice; ids only while no daemon runs',
  'write-namespace': 'makes the namespace known again, without labels',
  'remove-record': 'deletes the record, which stands for nothing',
  'make-directory': 'makes the directory anew, where empty is all that it can have been',
  'make-read-only': 'makes the layer read-only again; a deep check tells whether it was changed meanwhile',
  activate: 'activates the device again',
  mount: 'mounts it again',
  unmount: 'unmounts it',
  'set-mode': 'sets the mode that the directory was made with',
  'set-owner': 'gives the directory to the owner of the directory above it',
  'rewrite-list': 'writes the list anew from the records, and moves what lies there to lost+found',
  'move-away': 'moves what lies there to lost+found; a device stays in its pool, and lost+found has its number',
  'drop-snapshot':
    'deletes its records, so that it can be fetched anew, and moves its files to lost+found; with the snapshots that ' +
    'stand on it only when that is asked for',
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
}

/** All kinds, by name. */
export const findingKinds = {
  'unreadable-record': {
    level: 'quick',
    meaning: 'A record cannot be decoded.',
    remedy: 'drop-snapshot',
  },
  'missing-parent': {
    level: 'quick',
    meaning: 'The parent that a record names has no record.',
    remedy: 'drop-snapshot',
  },
  'parent-not-committed': {
    level: 'quick',
    meaning: 'The parent that a record names is no committed snapshot.',
    remedy: 'drop-snapshot',
  },
  'chain-differs': {
    level: 'quick',
    meaning: "The chain of layers in a record is not its parent's chain with the parent on top.",
    remedy: 'rewrite-chain',
  },
  'parent-differs': {
    level: 'quick',
    meaning: 'A namespace and the snapshotter name different parents of one snapshot.',
    remedy: 'rewrite-chain',
  },
  'missing-child-link': {
    level: 'quick',
    meaning: 'A parent does not know of a child, and could be removed from under it.',
    remedy: 'write-link',
  },
  'dangling-child-link': {
    level: 'quick',
    meaning: 'A parent knows of a child that is not there, and cannot be removed.',
    remedy: 'remove-link',
  },
  'missing-id-link': {
    level: 'quick',
    meaning: 'The id of a snapshot is not in the index of ids, so that a clean-up would take its files for leftovers.',
    remedy: 'write-link',
  },
  'dangling-id-link': {
    level: 'quick',
    meaning: 'The index of ids names a snapshot that is not there or has another id.',
    remedy: 'remove-link',
  },
  'duplicate-id': {
    level: 'quick',
    meaning: 'Two snapshots claim the same files.',
    remedy: 'none',
  },
  'id-beyond-reserved': {
    level: 'quick',
    meaning: 'An id is in use that counts as never given out, so that it would be given out again.',
    remedy: 'raise-mark',
  },
  'number-beyond-last': {
    level: 'quick',
    meaning: 'The number of a snapshot in its namespace is larger than the last one given out.',
    remedy: 'raise-mark',
  },
  'missing-namespace': {
    level: 'quick',
    meaning: 'There are snapshots in a namespace that has no record.',
    remedy: 'write-namespace',
  },
  'missing-backend-record': {
    level: 'quick',
    meaning: 'A namespace knows a snapshot that its snapshotter does not have.',
    remedy: 'remove-record',
  },
  'wrong-backend-key': {
    level: 'quick',
    meaning: 'The record of a namespace leads to a snapshot that was not made for it.',
    remedy: 'none',
  },
  'orphan-backend-record': {
    level: 'quick',
    meaning: 'A snapshotter has a snapshot that no namespace knows, so that nobody can reach or remove it.',
    remedy: 'drop-snapshot',
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
  'duplicate-device': {
    level: 'quick',
    meaning: 'Two thin devices are recorded with one number.',
    remedy: 'none',
  },
  'missing-mount': {
    level: 'quick',
    meaning:
      'A layer that a snapshot stands on is not mounted, so that the snapshot cannot be. Looked for on a daemon.',
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
    meaning:
      'No record speaks of a directory, an image or a device. The next start or clean-up of the daemon deletes it.',
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
    meaning: 'The subvolume of an active snapshot was not made from the layer that it stands on.',
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
  'unreadable-description': {
    level: 'quick',
    meaning: 'A line in which a layer describes itself is damaged. Looked for by `--rebuild` only.',
    remedy: 'none',
  },
  'unplaced-layer': {
    level: 'quick',
    meaning:
      'A layer that describes itself was not given its records back; the message says why. Its files, if there are any, ' +
      'go to lost+found. Looked for by `--rebuild` only.',
    remedy: 'none',
  },
  'damaged-list': {
    level: 'normal',
    meaning:
      'Lines of the list of layers are damaged, or it has no beginning: what they said would not come back if the ' +
      'records were lost.',
    remedy: 'rewrite-list',
  },
  'incomplete-list': {
    level: 'normal',
    meaning:
      'The list of layers lacks some, or says something else of them than the records. The next start writes a list ' +
      'anew that was not ended.',
    remedy: 'rewrite-list',
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
  'unreadable-manifest': {
    level: 'deep',
    meaning: 'The manifest of a layer is damaged, so that there is nothing to compare the layer with.',
    remedy: 'none',
  },
  'content-missing': {
    level: 'deep',
    meaning: 'Something that the manifest of a layer lists is gone.',
    remedy: 'drop-snapshot',
  },
  'content-added': {
    level: 'deep',
    meaning: 'There is something in a layer that its manifest does not list.',
    remedy: 'drop-snapshot',
  },
  'content-differs': {
    level: 'deep',
    meaning: 'Something in a layer is not as its manifest says; the message names what differs.',
    remedy: 'drop-snapshot',
  },
} as const satisfies Readonly<Record<string, KindOfFinding>>;

/** The name of a kind of finding. */
export type FindingKind = keyof typeof findingKinds;

const levels: readonly CheckLevel[] = ['quick', 'normal', 'deep'];

/** Whether a check of this level looks for a kind. */
export function isLookedFor(kind: FindingKind, level: CheckLevel): boolean {
  return levels.indexOf(findingKinds[kind].level) <= levels.indexOf(level);
}
