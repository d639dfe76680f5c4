/**
 * Limits by project quota: each active snapshot is a project of its own, so the file system counts and limits what is in its
 * directories. All directories of a snapshot are in the same project before anything is in them: xfs and ext4
 * refuse to move or link files from one project to another (EXDEV), as overlay does between upper and work directory.
 */
import {
  FailedPreconditionError,
  fromSystemError,
  NotFoundError,
  type StrataError,
  systemErrorCode,
} from '../../errors/index.js';
import type { ProjectQuota, ProjectQuotaState } from '../../linux/index.js';
import type { DriverLimiter, DriverSnapshot, LimitSupport, Limits, Usage } from '../../snapshots/index.js';

/** The largest number of a project. */
const MAX_PROJECT = 2 ** 32 - 2;

/** What the projects of a driver's snapshots are. */
export interface ProjectLimiterOptions {
  /** The driver's directory. */
  readonly root: string;
  /** By what directories in it can be limited, or why they cannot. */
  readonly state: ProjectQuotaState;
  /** The number of a snapshot's project is its id and this. */
  readonly base: number;
  /** The directories of a snapshot that is written to; there is one at least. */
  directoriesOf(id: string): readonly [string, ...string[]];
}

/** The projects of a driver's snapshots, and their limits. */
export class ProjectLimiter implements DriverLimiter {
  readonly #options: ProjectLimiterOptions;
  readonly #state: ProjectQuotaState;
  readonly #base: number;

  constructor(options: ProjectLimiterOptions) {
    this.#options = options;
    this.#state = options.state;
    this.#base = options.base;
  }

  /** What can be limited. */
  support(): LimitSupport {
    if (this.#state.quota !== undefined) return { bytes: true, inodes: true };
    return { bytes: false, inodes: false, reason: `the files are in ${this.#options.root}: ${this.#state.reason}` };
  }

  /**
   * Makes new directories a project, with limits. Where somebody else's files are in a project of this number, a snapshot
   * without limits goes without one.
   * @throws FailedPreconditionError when there are limits then.
   */
  start(id: string, limits: Limits): void {
    const { quota } = this.#state;
    if (quota === undefined) return;
    const project = this.#projectFor(quota, id);
    const limited = limits.bytes !== undefined || limits.inodes !== undefined;
    if (project === undefined) {
      if (limited) throw new FailedPreconditionError(`other files are in project ${this.#base + Number(id)} already`);
      return;
    }
    for (const directory of this.#options.directoriesOf(id)) quota.assign(directory, project);
    if (limited) quota.limit(project, limits);
  }

  #projectFor(quota: ProjectQuota, id: string): number | undefined {
    const project = this.#base + Number(id);
    return project <= MAX_PROJECT && quota.usage(project).inodes === 0 ? project : undefined;
  }

  /** The project of a snapshot; undefined when it has none, since it was made while quota was off. */
  #projectOf(quota: ProjectQuota, id: string): number | undefined {
    const project = this.#base + Number(id);
    return quota.projectOf(this.#options.directoriesOf(id)[0]) === project ? project : undefined;
  }

  async set({ id }: Pick<DriverSnapshot, 'id'>, limits: Limits): Promise<void> {
    this.limit(id, limits);
  }

  /**
   * Limits a snapshot, in the place of earlier limits.
   * @throws FailedPreconditionError when it was made while quota was off; NotFoundError when it is gone.
   */
  limit(id: string, limits: Limits): void {
    const { quota } = this.#state;
    if (quota === undefined) return;
    try {
      const project = this.#projectOf(quota, id);
      if (project !== undefined) quota.limit(project, limits);
      else if (limits.bytes !== undefined || limits.inodes !== undefined) {
        const reason = 'it was made while project quota was off, or other files are in its project';
        throw new FailedPreconditionError(`snapshot ${id} has no quota: ${reason}`);
      }
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error, 'failed to set quota');
      throw new NotFoundError(`the files of snapshot ${id}`, { cause: error });
    }
  }

  /** What a snapshot takes by the file system's own count; undefined when there is none. */
  usage(id: string): Usage | undefined {
    const { quota } = this.#state;
    if (quota === undefined) return undefined;
    try {
      const project = this.#projectOf(quota, id);
      return project === undefined ? undefined : quota.usage(project);
    } catch {
      // Measuring the files then reports what is wrong.
      return undefined;
    }
  }

  /**
   * Takes the limits off snapshots that are to be deleted.
   * @returns the first failure; the other snapshots have been dealt with.
   */
  end(ids: readonly string[]): StrataError | undefined {
    const { quota } = this.#state;
    if (quota === undefined) return undefined;
    const failures = ids.flatMap((id) => this.#endOne(quota, id) ?? []);
    return failures[0];
  }

  #endOne(quota: ProjectQuota, id: string): StrataError | undefined {
    try {
      const project = this.#projectOf(quota, id);
      if (project === undefined) return undefined;
      quota.limit(project, {});
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return undefined;
      return fromSystemError(error, `failed to take the quota off snapshot ${id}`);
    }
    return undefined;
  }
}
