import { chmodSync } from 'node:fs';
import { messageOf, NotFoundError, systemErrorCode, throwIfAborted } from '../../../errors/index.js';
import type {
  CallContext,
  CheckedFiles,
  CheckLevel,
  DriverChecker,
  FileProblem,
  FileReport,
} from '../../../snapshots/index.js';
import { namesInDirectory } from '../../../trees/index.js';
import { compareContent, type LayerContent } from './content.js';
import { type Measured, usageProblem } from './usage.js';
import { attributeProblems, giveToOwner, lookAt, remake, type Wanted } from './wanted.js';

/** How the files of a back end lie, and what is special about them. */
export interface CheckedLayout
  extends Pick<DriverChecker, 'pathsOf'>,
    Partial<Pick<DriverChecker, 'letGo' | 'rename'>> {
  /** The directories of the snapshots; the owner of the first is that of everything. */
  readonly places: readonly [string, ...string[]];
  /** What must be there, those above others first. */
  wanted(snapshot: CheckedFiles): readonly Wanted[];
  /** The path of a layer, for people. */
  layerPath(id: string): string;
  /** What a layer takes now, counted as at its commit; absent where that cannot be told again. */
  measure?(snapshot: CheckedFiles, signal: AbortSignal | undefined): Promise<Measured>;
  /** Opens a layer to be read. */
  content(snapshot: CheckedFiles, signal: AbortSignal | undefined): Promise<LayerContent>;
  /** What else is wrong, when everything that is wanted is there. */
  inspectMore?(snapshot: CheckedFiles, level: CheckLevel): Promise<readonly FileProblem[]>;
  /** Repairs what `inspectMore` found and called repairable, if it is still so. */
  repairMore?(snapshot: CheckedFiles, problem: FileProblem): boolean | Promise<boolean>;
  inspectPlace?(level: CheckLevel): Promise<readonly FileProblem[]>;
  repairPlace?(problem: FileProblem): boolean | Promise<boolean>;
}

/** Looks at files in directories, for every back end by its layout. Makes nothing. */
export function layoutChecker(layout: CheckedLayout): DriverChecker {
  return new LayoutChecker(layout);
}

class LayoutChecker implements DriverChecker {
  readonly #layout: CheckedLayout;
  readonly inspectPlace?: (level: CheckLevel) => Promise<readonly FileProblem[]>;
  readonly repairPlace?: (problem: FileProblem) => boolean | Promise<boolean>;
  readonly letGo?: (name: string) => Promise<void>;
  readonly rename?: (from: string, to: string) => void;

  constructor(layout: CheckedLayout) {
    this.#layout = layout;
    const { inspectPlace, repairPlace, letGo, rename } = layout;
    if (inspectPlace !== undefined) this.inspectPlace = inspectPlace;
    if (repairPlace !== undefined) this.repairPlace = repairPlace;
    if (letGo !== undefined) this.letGo = letGo;
    if (rename !== undefined) this.rename = rename;
  }

  pathsOf(name: string): readonly string[] {
    return this.#layout.pathsOf(name);
  }

  async *ids(): AsyncIterable<string> {
    const { places } = this.#layout;
    const told = new Set<string>();
    for (const place of places) {
      for await (const name of namesIn(place)) {
        if (places.length === 1 || !told.has(name)) yield name;
        if (places.length > 1) told.add(name);
      }
    }
  }

  async inspect(snapshot: CheckedFiles, level: CheckLevel, { signal }: CallContext): Promise<FileReport> {
    throwIfAborted(signal);
    const problems = await this.#inspectState(snapshot, level);
    const canGoOn = problems.every(({ kind }) => !stopping.has(kind));
    if (level === 'quick' || snapshot.kind !== 'committed' || !canGoOn) return { problems };
    const measured = await this.#measure(snapshot, signal);
    if (level === 'normal') return { problems: [...problems, ...measured] };
    const open = () => this.#layout.content(snapshot, signal);
    const content = await compareContent(open, this.#layout.layerPath(snapshot.id), signal);
    return { ...content, problems: [...problems, ...measured, ...content.problems] };
  }

  async #inspectState(snapshot: CheckedFiles, level: CheckLevel): Promise<readonly FileProblem[]> {
    const problems = this.#inspectWanted(snapshot, level);
    if (problems.some(({ kind }) => stopping.has(kind))) return problems;
    return [...problems, ...((await this.#layout.inspectMore?.(snapshot, level)) ?? [])];
  }

  #inspectWanted(snapshot: CheckedFiles, level: CheckLevel): FileProblem[] {
    const problems: FileProblem[] = [];
    const missing: string[] = [];
    for (const wanted of this.#layout.wanted(snapshot)) {
      // Nothing can be inside of a missing directory.
      if (missing.some((path) => wanted.path.startsWith(`${path}/`))) continue;
      const stats = lookAt(wanted);
      if ('kind' in stats) {
        problems.push(stats);
        missing.push(wanted.path);
      } else if (level !== 'quick') problems.push(...attributeProblems(wanted, stats, this.#layout.places[0]));
    }
    return problems;
  }

  async #measure(snapshot: CheckedFiles, signal: AbortSignal | undefined): Promise<FileProblem[]> {
    const path = this.#layout.layerPath(snapshot.id);
    try {
      const now = await this.#layout.measure?.(snapshot, signal);
      const problem = now === undefined ? undefined : usageProblem(path, now, snapshot.usage);
      return problem === undefined ? [] : [problem];
    } catch (error) {
      throwIfAborted(signal);
      return [{ kind: 'unreadable-file', path, message: messageOf(error), repairable: false }];
    }
  }

  repair(snapshot: CheckedFiles, problem: FileProblem): boolean | Promise<boolean> {
    const wanted = this.#layout.wanted(snapshot).find(({ path }) => path === problem.path);
    const still = this.#inspectWanted(snapshot, 'normal').some(
      ({ kind, path, repairable }) => kind === problem.kind && path === problem.path && repairable,
    );
    if (wanted === undefined || !still) return this.#layout.repairMore?.(snapshot, problem) ?? false;
    const [place] = this.#layout.places;
    if (problem.kind === 'wrong-mode' && wanted.mode !== undefined) chmodSync(wanted.path, wanted.mode);
    else if (problem.kind === 'wrong-owner') giveToOwner(wanted.path, place);
    else for (const each of this.#layout.wanted(snapshot)) if (isAtOrBelow(each, wanted)) remake(each, place);
    return true;
  }
}

function isAtOrBelow({ path }: Wanted, { path: top }: Wanted): boolean {
  return path === top || path.startsWith(`${top}/`);
}

/** After these there is nothing to look at more closely. */
const stopping: ReadonlySet<FileProblem['kind']> = new Set<FileProblem['kind']>([
  'missing-directory',
  'missing-files-directory',
  'missing-work-directory',
  'missing-image',
  'wrong-type',
  'damaged-image',
  'unreadable-file',
]);

async function* namesIn(place: string): AsyncGenerator<string> {
  try {
    yield* namesInDirectory(place);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    throw new NotFoundError(`directory ${place}`, { cause: error });
  }
}
