import type { FaultPoints } from '../../base/index.js';
import type { Store } from '../../store/index.js';
import type { Driver } from '../driver/driver.js';
import type { LimitSettings } from '../limits/limiter.js';
import type { BackgroundErrors } from './background-errors.js';

/** What a local snapshotter is made of. */
export interface LocalSnapshotterOptions {
  /** Keeps its records apart from those of others in the store; the plugin id. Part of the disk format. */
  readonly name: string;
  readonly store: Store;
  /** Closed with the snapshotter. */
  readonly driver: Driver;
  /**
   * Whether `remove` resolves only after the files are gone (containerd: `sync_remove`). Default false: they go in the
   * background, so that removing a large snapshot takes no longer than a small one.
   */
  readonly syncRemove?: boolean;
  /** What limits hold, and what happens where they cannot. */
  readonly limits?: LimitSettings;
  /** Told about failures in the background. */
  readonly errors?: BackgroundErrors;
  /** Told when an operation passes a point at which a test may end the process. Default: nobody is. */
  readonly faults?: FaultPoints;
}
