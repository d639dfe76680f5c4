/**
 * Limits by project quota: each active snapshot is a project of its own, so that the file system counts and limits what
 * lies in its directories. The upper and the work directory are in the same project before the first mount: overlay
 * moves what it copies up from one to the other, which xfs and ext4 refuse between projects (EXDEV).
 */
import {
  FailedPreconditionError,
  fromSystemError,
  NotFoundError,
  type StrataError,
  systemErrorCode,
} from '../../errors/index.js';
import type { ProjectQuota, ProjectQuotaState } from '../../linux/index.js';
import type { LimitSupport, Limits, Usage } from '../../snapshots/index.js';
import { filesDirectory, workDirectory } from './files.js';

/** The largest number of a project. */
const MAX_PROJECT = 2 ** 32 - 2;

/** The projects of an overlay driver's snapshots. */
export class SnapshotProjects {
  readonly #root: string;
  readonly #state: ProjectQuotaState;
  readonly #base: number;

  /** @param base The number of a snapshot's project is its id and this. */
  constructor(root: string, state: ProjectQuotaState, base: number) {
    this.#root = root;
    this.#state = state;
    this.#base = base;
  }

  /** What can be limited. */
  support(): LimitSupport {
    if (this.#state.quota !== undefined) return { bytes: true, inodes: true };
    return { bytes: false, inodes: false, reason: `the files are in ${this.#root}: ${this.#state.reason}` };
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
    for (const directory of this.#directoriesOf(id)) quota.assign(directory, project);
    if (limited) quota.limit(project, limits);
  }

  #projectFor(quota: ProjectQuota, id: string): number | undefined {
    const project = this.#base + Number(id);
    return project <= MAX_PROJECT && quota.usage(project).inodes === 0 ? project : undefined;
  }

  #directoriesOf(id: string): readonly string[] {
    return [filesDirectory(this.#root, id), workDirectory(this.#root, id)];
  }

  /** The project of a snapshot; undefined when it has none, since it was made while quota was off. */
  #projectOf(quota: ProjectQuota, id: string): number | undefined {
    const project = this.#base + Number(id);
    return quota.projectOf(filesDirectory(this.#root, id)) === project ? project : undefined;
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
        throw new FailedPreconditionError(`snapshot ${id} has no quota: it was made while project quota was off`);
      }
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw fromSystemError(error, 'failed to set quota');
      throw new NotFoundError(`the files of snapshot ${id}`, { cause: error });
    }
  }

  /** What a snapshot takes by the file system's own count; undefined when that does not count it. */
  usage(id: string): Usage | undefined {
    const { quota } = this.#state;
    if (quota === undefined) return undefined;
    try {
      const project = this.#projectOf(quota, id);
      return project === undefined ? undefined : quota.usage(project);
    } catch {
      // Whoever measures the files then says what is wrong.
      return undefined;
    }
  }

  /**
   * Takes the limits off snapshots that are to be deleted, and their directories out of their projects.
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
      // Otherwise they could not be used again.
      for (const directory of this.#directoriesOf(id)) quota.assign(directory, 0);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return undefined;
      return fromSystemError(error, `failed to take the quota off snapshot ${id}`);
    }
    return undefined;
  }
}
