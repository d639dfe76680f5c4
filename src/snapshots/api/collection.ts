import type { Kind } from './types.js';

/** A snapshot that nothing keeps. */
export interface CollectedSnapshot {
  readonly snapshotter: string;
  readonly namespace: string;
  readonly key: string;
  readonly kind: Kind;
}

/** What a collection came to. */
export interface Collection {
  /** Those that are gone; in a dry run, those that would go. Children come before their parents. */
  readonly snapshots: readonly CollectedSnapshot[];
  /** Snapshots that nothing keeps and that stayed, since their back end does not run. */
  readonly skipped: readonly CollectedSnapshot[];
  /** How many leases had expired. */
  readonly leases: number;
  /** How long it took. */
  readonly milliseconds: number;
}
