/** The files of snapshots, as far as a check asks for them, without any. */
import type { CheckedFiles, CheckLevel, DriverChecker, FileProblem, FileReport } from '../../src/snapshots/index.js';

/** Says what a test tells it to say. */
export class FakeChecker implements DriverChecker {
  /** What lies in the snapshots directory. */
  readonly names: Set<string>;
  /** What is wrong with the files of an id, each time that they are looked at. */
  readonly problems = new Map<string, (look: number) => readonly FileProblem[]>();
  /** What is wrong beside them. */
  placeProblems: (look: number) => readonly FileProblem[] = () => [];
  /** What else is said of a layer. */
  more: Omit<FileReport, 'problems'> = {};
  /** Everything that was asked, in its order. */
  readonly asked: string[] = [];
  /** Called before each look, since something may happen meanwhile. */
  meanwhile: (id: string) => Promise<void> | void = () => undefined;
  /** Whether a repair finds that there is something to put right. */
  canRepair = true;
  #looks = 0;

  constructor(names: readonly string[] = []) {
    this.names = new Set(names);
  }

  async *ids(): AsyncGenerator<string> {
    yield* [...this.names];
  }

  pathsOf(name: string): readonly string[] {
    return [`/nowhere/${name}`];
  }

  holds(name: string): boolean {
    return this.names.has(name);
  }

  async inspect({ id }: CheckedFiles, level: CheckLevel): Promise<FileReport> {
    this.asked.push(`inspect ${id} ${level}`);
    await this.meanwhile(id);
    this.#looks += 1;
    return { problems: this.problems.get(id)?.(this.#looks) ?? [], ...this.more };
  }

  async inspectPlace(level: CheckLevel): Promise<readonly FileProblem[]> {
    this.asked.push(`inspect place ${level}`);
    this.#looks += 1;
    return this.placeProblems(this.#looks);
  }

  repair({ id }: CheckedFiles, { kind }: FileProblem): boolean {
    this.asked.push(`repair ${id} ${kind}`);
    if (this.canRepair) this.problems.delete(id);
    return this.canRepair;
  }

  repairPlace({ kind, path }: FileProblem): boolean {
    this.asked.push(`repair place ${kind} ${path}`);
    if (this.canRepair) this.placeProblems = () => [];
    return this.canRepair;
  }
}

/** A problem with files. */
export function problemOf(kind: FileProblem['kind'], changes: Partial<FileProblem> = {}): FileProblem {
  return { kind, path: `/nowhere/${kind}`, message: 'it is wrong', repairable: false, ...changes };
}
