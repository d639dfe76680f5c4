/**
 * The moments at which a crash would be worst: between work on files and the record of it. A test can have itself told
 * when one is reached, and kill the process there. In production nobody listens: reaching a point is a call of an empty
 * function, and nothing outside the process can change that.
 */

/** The names of the points, in the order in which a snapshot's life passes them. */
export const faultPoints = [
  /** A block of ids is reserved on disk; none of it has been given out. */
  'ids.reserved',
  /** An id has been given out; nothing of it is on disk. */
  'create.begun',
  /** The overlay driver has taken a directory that was made ahead; its owner is not set yet. */
  'overlay.taken',
  /** The overlay driver has made the directory of a snapshot; it is still empty. */
  'overlay.made',
  /** The files are there; their record is not. */
  'create.staged',
  /** The record was refused; the files are still there. */
  'create.refused',
  /** The overlay driver has measured a layer; it has not synchronised it. */
  'overlay.measured',
  /** The layer is measured and on disk; its record still says that it is active. */
  'commit.sealed',
  /** A write transaction has begun; nothing is changed. */
  'store.begun',
  /** The back end's records are changed and those of the namespace are not, or the other way round. */
  'metadata.between',
  /** All changes are made in the transaction; it is not committed. */
  'store.changed',
  /** The transaction is on disk; no caller knows. */
  'store.committed',
  /** The records are gone; the files are still there. */
  'remove.recorded',
  /** Files are about to be deleted. */
  'overlay.discarding',
  /** Files are deleted; nobody knows. */
  'overlay.discarded',
  /** A clean-up has found what no record speaks of; it has deleted nothing. */
  'cleanup.found',
  /** A clean-up has deleted everything; its caller does not know. */
  'cleanup.done',
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
