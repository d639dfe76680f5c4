/**
 * The moments at which a crash would be worst: between work on files and the record of it. A test can have itself told
 * when one is reached, and kill the process there. In production nobody listens: reaching a point is a call of an empty
 * function, and nothing outside the process can change that.
 */

/**
 * The names of the points: those of every snapshotter first, in the order in which a snapshot's life passes them, then
 * those of each back end, and of what is done to a root as a whole.
 */
export const faultPoints = [
  /** A block of ids is reserved on disk; none of it has been given out. */
  'ids.reserved',
  /** An id has been given out; nothing of it is on disk. */
  'create.begun',
  /** The files are there; their record is not. */
  'create.staged',
  /** The record was refused; the files are still there. */
  'create.refused',
  /** The layer is measured and on disk; its record still says that it is active. */
  'commit.sealed',
  /** What is to be frozen is measured and on disk; there is nothing over it yet. */
  'freeze.sealed',
  /** The files of the snapshot that goes on are there; neither it nor the frozen one is recorded. */
  'freeze.staged',
  /** The files of the snapshot that begins again are there; the record is that of the old one. */
  'replace.staged',
  /** A group of changes is committed; it is not on disk. */
  'store.committed',
  /** A group of changes is on disk; no caller knows. */
  'store.synced',
  /** The records are gone; the files are still there. */
  'remove.recorded',
  /** A snapshot in use has another limit; its record has the old one. */
  'limits.set',
  /** A clean-up has found files without a record; it has deleted nothing. */
  'cleanup.found',
  /** A clean-up has deleted everything; its caller does not know. */
  'cleanup.done',

  /** A preallocated directory is taken; its owner is not set yet. */
  'overlay.taken',
  /** The directory of a snapshot is made; it is still empty. */
  'overlay.made',
  /** A layer is measured; it is neither listed nor synchronised. */
  'overlay.measured',
  /** What is in a layer is listed; it is not synchronised. */
  'overlay.listed',
  /** Files are about to be deleted. */
  'overlay.discarding',
  /** Files are deleted; nobody knows. */
  'overlay.discarded',
  /** The layers of a deep chain are merged; what they became has no name that counts. */
  'flat.merged',
  /** It has its name; that is not synchronised. */
  'flat.named',
  /** It is deleted; its layers are still there. */
  'flat.dropped',

  /** The directory of a snapshot without a parent is made; its mode is not set. */
  'native.made',
  /** A parent is copied; the copy is not synchronised. */
  'native.copied',
  /** A layer is measured; it is not synchronised. */
  'native.measured',
  /** Files are about to be deleted. */
  'native.discarding',
  /** Files are deleted; nobody knows. */
  'native.discarded',

  /** The subvolume of a snapshot is made; it has neither its mode nor its limit. */
  'btrfs.made',
  /** The layer of a commit is made; the active snapshot is still there, and all that is recorded. */
  'btrfs.layered',
  /** A commit is recorded; the subvolume that was written to is still there. */
  'btrfs.leaving',
  /** It is deleted; nobody knows. */
  'btrfs.left',
  /** Subvolumes are about to be deleted. */
  'btrfs.discarding',
  /** Subvolumes are deleted; nobody knows. */
  'btrfs.discarded',

  /** The image that others start from is made; it has no name that counts. */
  'blockfile.scratch',
  /** An image is copied or made; it may not have its final size, and is not synchronised. */
  'blockfile.copied',
  /** All that was written is in the image; that is not synchronised. */
  'blockfile.settled',
  /** Images are about to be deleted. */
  'blockfile.discarding',
  /** Images are deleted; nobody knows. */
  'blockfile.discarded',

  /** The directory of a snapshot is made; nothing is mounted or in it. */
  'erofs.made',
  /** The layers of a snapshot are mounted; what it is written into is not made. */
  'erofs.held',
  /** The image that a snapshot is written into has its file system; it is not mounted. */
  'erofs.formatted',
  /** The image of a layer is complete; it has no name that counts. */
  'erofs.packed',
  /** It has its name; that is not synchronised. */
  'erofs.named',
  /** A commit is recorded; what was written to is still there. */
  'erofs.leaving',
  /** It is unmounted and deleted; nobody knows. */
  'erofs.left',
  /** What snapshots had mounted is unmounted; their files are still there. */
  'erofs.unmounted',
  /** Their files are deleted; nobody knows. */
  'erofs.discarded',

  /** The number of a device is recorded; the pool has no such device. */
  'devmapper.recorded',
  /** The pool has the device; it is not activated. */
  'devmapper.made',
  /** A device has its file system; the snapshot that it was made for has no record. */
  'devmapper.formatted',
  /** The new size of a device is recorded, if that is larger; the device still has the old one. */
  'devmapper.resizing',
  /** A device has another size; what is on it, or its record, is still to follow. */
  'devmapper.resized',
  /** A device that may be mounted is suspended, to be copied or written out. */
  'devmapper.suspended',
  /** The content of a device is mounted to be read, through a device without a record. */
  'devmapper.reading',
  /** What is in a layer is listed; the record says that it is active. */
  'devmapper.listed',
  /** The device is activated; the record says that it is being activated. */
  'devmapper.activated',
  /** A device that was committed is about to be put away; the record says so. */
  'devmapper.deactivating',
  /** It is put away; the record says that it is being put away. */
  'devmapper.deactivated',
  /** A device is about to be deleted; the record says so. */
  'devmapper.removing',
  /** The device is deleted; its record is not. */
  'devmapper.deleted',

  /** A layer of an image is mounted to be unpacked; it is empty. */
  'images.mounted',
  /** It is unpacked; it is still mounted, and active. */
  'images.unpacked',
  /** It is committed; its image has no record. */
  'images.committed',
  /** The record of an image is on disk; nobody knows. */
  'images.recorded',

  /** The note of a repair is written; what it moves away is still where it was. */
  'repair.told',
  /** It lies in lost+found; that is not synchronised, and its records are still there. */
  'repair.moved',
  /** Its records are gone as well; nobody knows. */
  'repair.recorded',

  /** The log of the store is long enough to be copied; nothing of it is. */
  'checkpoint.begun',
  /** It is copied; what has come since is not, and changes still go on. */
  'checkpoint.between',
  /** All is copied and the log begins again. */
  'checkpoint.done',
  /** The copy for a backup is complete; it has no name that counts. */
  'backup.copied',
  /** It has its name; that is not synchronised. */
  'backup.named',
  /** The copy of a backup is complete; nothing is replaced. */
  'restore.copied',
  /** The database that is to be replaced has a second name. */
  'restore.kept',
  /** It is replaced; that is not synchronised. */
  'restore.replaced',
] as const;

/** The name of a point. */
export type FaultPoint = (typeof faultPoints)[number];

/** Who is told about points. */
export interface FaultPoints {
  /** Called at the point itself, synchronously: what it does happens there. It may end the process, and must not throw. */
  reach(point: FaultPoint): void;
}

/** Nobody: the default everywhere. */
export const noFaults: FaultPoints = Object.freeze({ reach: () => undefined });
