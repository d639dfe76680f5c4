/** A layer that is nothing but an empty directory, as a commit found it: enough to make it again. */
export interface BareLayer {
  /** The permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** When something in it last changed, in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
}

/** What a driver does with its layers that are nothing but empty directories. */
export interface BareLayers {
  /**
   * Makes the files of such a layer as they were when it was sealed, whatever a power cut left of them. Safe to repeat.
   * @returns whether that was not what was there.
   * @throws any class when it cannot be made.
   */
  remake(id: string, layer: BareLayer): Promise<boolean>;
  /** Resolves when all of them that were sealed before the call are on disk. @throws any class when they are not. */
  synchronise(): Promise<void>;
}
