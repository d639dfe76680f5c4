import type { Labels } from './types.js';

/** A lease: what is under it is not collected, until it is deleted or expires. */
export interface Lease {
  readonly id: string;
  readonly created: Date;
  /** `containerd.io/gc.expire` (RFC 3339) says when it ends; `containerd.io/gc.flat` that labels below it are not followed. */
  readonly labels: Labels;
}

/** A lease to make. */
export interface NewLease {
  /** Any text; one is made up when it is absent or empty. */
  readonly id?: string;
  readonly labels?: Labels;
}

/** Something that a lease keeps. */
export interface LeaseResource {
  /** The key of a snapshot, the name of an image, a digest. */
  readonly id: string;
  /** `snapshots/<snapshotter>`, `images`, `content` or `ingests`. */
  readonly type: string;
}
