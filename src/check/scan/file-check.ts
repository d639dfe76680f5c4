import type { CallContext, CheckLevel, DriverChecker, FileProblem, FileReport } from '../../snapshots/index.js';
import type { Store } from '../../store/index.js';
import { findingKinds, type Remedy } from '../findings/kinds.js';
import { type Found, found } from './found.js';
import { findRecorded, type Recorded } from './recorded.js';

/** How the files of one snapshotter are checked. */
export interface FileCheckOptions {
  readonly store: Store;
  readonly files: DriverChecker;
  readonly level: CheckLevel;
  readonly call: CallContext;
}

/** What was seen of the files of one snapshot. */
export interface FilesSeen extends Omit<FileReport, 'problems'> {
  readonly found: readonly Found[];
}

/**
 * Checks the files of a recorded snapshot. Each suspect is checked again after its record was read again, so that nothing is
 * reported about what was removed or committed meanwhile.
 */
export async function checkFiles(options: FileCheckOptions, recorded: Recorded): Promise<FilesSeen> {
  const { files, level, call, store } = options;
  const { problems: first, ...read } = await files.inspect(recorded, level, call);
  if (first.length === 0) return { found: [], ...read };
  const now = store.read((tx) => findRecorded(tx, recorded.id));
  if (now === undefined) return { found: [], ...read };
  const { problems: second } = await files.inspect(now, level, call);
  // The record may have gone during the second look.
  const still = store.read((tx) => findRecorded(tx, recorded.id));
  if (still === undefined) return { found: [], ...read };
  return { found: lasting(first, second).map((problem) => fileFinding(still, problem)), ...read };
}

/** What was seen both times. */
export function lasting(first: readonly FileProblem[], second: readonly FileProblem[]): FileProblem[] {
  const before = new Set(first.map(identity));
  return second.filter((problem) => before.has(identity(problem)));
}

function identity({ kind, path }: FileProblem): string {
  return `${kind} ${path}`;
}

function fileFinding(recorded: Recorded, problem: FileProblem): Found {
  const { snapshotter, namespace, key, id } = recorded;
  const { kind, path, message } = problem;
  const details = { snapshotter, namespace, key, id, path, message, remedy: remedyOf(problem, recorded) };
  return found(kind, { type: 'files', id, problem }, details);
}

/** Directories can be created again. Of the rest only layers can be fetched again; anything else holds somebody's work. */
function remedyOf({ kind, repairable }: FileProblem, recorded: Recorded): Remedy {
  const { remedy } = findingKinds[kind];
  if (repairable) return remedy === 'drop-snapshot' ? 'make-directory' : remedy;
  return remedy === 'drop-snapshot' && recorded.kind === 'committed' ? remedy : 'none';
}
