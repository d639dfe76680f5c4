/** Project quota for tests on file systems that have none. */
import { existsSync } from 'node:fs';
import type { ProjectLimits, ProjectQuota } from '../../src/linux/index.js';

/** Projects that are remembered and not enforced; directories must be there. */
export class FakeQuota implements ProjectQuota {
  readonly projects = new Map<string, number>();
  readonly limits = new Map<number, ProjectLimits>();
  /** What projects take. */
  readonly taken = new Map<number, { size: number; inodes: number }>();
  /** What setting a limit fails with. */
  failure: Error | undefined;
  /** Told of each directory that gets a project. */
  onAssign: (directory: string) => void = () => undefined;

  #checked(directory: string): string {
    if (existsSync(directory)) return directory;
    throw Object.assign(new Error(`ENOENT: ${directory}`), { code: 'ENOENT' });
  }

  projectOf(directory: string): number {
    return this.projects.get(this.#checked(directory)) ?? 0;
  }

  assign(directory: string, project: number): void {
    this.onAssign(directory);
    this.projects.set(this.#checked(directory), project);
  }

  limit(project: number, limits: ProjectLimits): void {
    if (this.failure !== undefined) throw this.failure;
    this.limits.set(project, limits);
  }

  usage(project: number) {
    return this.taken.get(project) ?? { size: 0, inodes: 0 };
  }
}
