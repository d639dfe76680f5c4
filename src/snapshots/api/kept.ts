/** One reason why a snapshot stays. */
export interface KeptBy {
  /**
   * `caller`: it was made without a lease, and stays until somebody removes it. `root` and `time`: its labels
   * `containerd.io/gc.root` and `containerd.io/gc.expire` say so. `lease`: a lease that has not expired. `image`: it is the top
   * layer of an image.
   */
  readonly why: 'caller' | 'root' | 'time' | 'lease' | 'image';
  /** Which label, time, lease or image; empty for a caller. */
  readonly name: string;
  /** The snapshots in between, the nearest first, by their keys: each needs the one before it. Empty when it is kept itself. */
  readonly through: readonly string[];
}

/** What keeps a snapshot. */
export interface Kept {
  /** Each end of each way, one for each snapshot and reason; at most a thousand. Empty when nothing keeps it. */
  readonly by: readonly KeptBy[];
  /** Where it is mounted, in words such as `is mounted at /mnt`; absent where it is not, or cannot be: a committed one. */
  readonly mounted?: string;
}
