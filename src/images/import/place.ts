import type { FaultPoints } from '../../base/index.js';
import type { Snapshotter } from '../../snapshots/index.js';
import type { LayerLimits } from '../unpack/limits.js';

/** The label of a snapshot that an import is writing to. A start that finds one removes it: its import was killed. */
export const unpackingLabel = 'strata.dev/unpacking';

/** The label of a layer that an import has made: it goes with the last image that is based on it. */
export const importedLabel = 'strata.dev/imported';

/** Where layers go, and how. */
export interface ImportPlace {
  readonly snapshotter: Snapshotter;
  readonly namespace: string;
  /** What the layers come under; undefined for none. */
  readonly lease: string | undefined;
  /** The directory of mount points. */
  readonly mounts: string;
  readonly limits: LayerLimits;
  readonly faults: FaultPoints;
  readonly signal: AbortSignal | undefined;
}
