/** Told of layers that have come or changed, by the ids of their files, when that is recorded. */
export interface LayerObserver {
  /** Returns at once, and never throws. */
  changed(id: number): void;
  /** Resolves when nothing more is going on about what was told. */
  close(): Promise<void>;
}
