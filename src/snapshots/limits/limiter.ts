import { FailedPreconditionError } from '../../errors/index.js';
import type { Kind, Labels } from '../api/types.js';
import type { Driver, LimitSupport } from '../driver/driver.js';
import type { BackgroundErrors } from '../engine/background-errors.js';
import { type Limits, limitsFromLabels, noLimits } from './limits.js';

/** How limits are dealt with. */
export interface LimitSettings {
  /**
   * What to do where a limit cannot be kept: `strict` refuses the call with FailedPrecondition, `warn` goes on without
   * the limit and reports it. Default `strict`.
   */
  readonly policy?: 'strict' | 'warn';
  /** What holds for active snapshots whose labels do not say otherwise. Default: no limits. */
  readonly defaults?: Limits;
}

const nothing: LimitSupport = { bytes: false, inodes: false, reason: 'this back end keeps no limits' };

const names = { bytes: 'a size limit', inodes: 'an inode limit' } as const;

/** Decides which limits a snapshot gets: what is asked for, what can be kept, and what happens with the difference. */
export class Limiter {
  readonly #driver: Driver;
  readonly #policy: 'strict' | 'warn';
  readonly #defaults: Limits;
  readonly #errors: BackgroundErrors;

  constructor(driver: Driver, settings: LimitSettings, errors: BackgroundErrors) {
    this.#driver = driver;
    this.#policy = settings.policy ?? 'strict';
    this.#defaults = settings.defaults ?? noLimits;
    this.#errors = errors;
  }

  /** What labels ask for, or the defaults. @throws InvalidArgumentError for a value that is no limit. */
  wanted(labels: Labels): Limits {
    return limitsFromLabels(labels, this.#defaults);
  }

  /** As `wanted`, for labels that are recorded: a value that is no limit is reported and counts as none. */
  recorded(labels: Labels): Limits {
    try {
      return this.wanted(labels);
    } catch (error) {
      this.#errors.report('read the limits of a snapshot', error);
      return noLimits;
    }
  }

  /**
   * What a new snapshot gets. Nobody writes into a view, so it has no limits; labels that are none are refused all the
   * same. Throws as `wanted` and `keepable`.
   */
  ofNew(kind: Kind, labels: Labels): Limits {
    const wanted = this.wanted(labels);
    return kind === 'active' ? this.keepable(wanted) : noLimits;
  }

  /**
   * Those of these limits that the back end can keep.
   * @throws FailedPreconditionError when there are others and the policy is `strict`.
   */
  keepable({ bytes, inodes }: Limits): Limits {
    if (bytes === undefined && inodes === undefined) return noLimits;
    const support = this.#driver.limiter?.support() ?? nothing;
    return {
      ...(bytes !== undefined && this.#keeps(support, 'bytes') ? { bytes } : {}),
      ...(inodes !== undefined && this.#keeps(support, 'inodes') ? { inodes } : {}),
    };
  }

  #keeps(support: LimitSupport, limit: keyof typeof names): boolean {
    if (support[limit]) return true;
    const error = new FailedPreconditionError(`cannot keep ${names[limit]}: ${support.reason ?? nothing.reason}`);
    if (this.#policy === 'strict') throw error;
    this.#errors.report(`keep ${names[limit]}; going on without it, as configured`, error);
    return false;
  }
}
