import type { Store } from '../../store/index.js';
import { type Remedy, remedies } from '../findings/kinds.js';
import type { CheckSubject, RepairAction, RepairRequest } from '../findings/types.js';
import { type Found, quoted } from '../scan/found.js';
import { type Doomed, doomedWith } from './doomed.js';

/** A step of a repair that can be done. */
export interface PlannedStep {
  readonly action: RepairAction;
  readonly found: Found;
  /** Of a `drop-snapshot`: the snapshot, and what goes with it. */
  readonly doomed: readonly Doomed[];
}

/** What to do about findings: for each the step that its remedy asks for, and one for all that drop the same snapshot. */
export function planRepair(subject: CheckSubject, founds: readonly Found[], request: RepairRequest): PlannedStep[] {
  const steps: PlannedStep[] = [];
  const dropped = new Set<string>();
  for (const found of withEachListOnce(founds)) {
    const { remedy } = found.finding;
    if (remedy === 'none') continue;
    if (remedy !== 'drop-snapshot') {
      steps.push(simpleStep(subject, found, remedy));
      continue;
    }
    const step = dropStep(subject.store, found, request);
    const names = step.doomed.map(({ key }) => `${found.finding.snapshotter} ${key}`);
    const [name] = names;
    if (name === undefined || dropped.has(name)) continue;
    for (const gone of step.action.state === 'planned' ? names : [name]) dropped.add(gone);
    steps.push(step);
  }
  return steps;
}

/** One writing mends all that is wrong with a list. */
function withEachListOnce(founds: readonly Found[]): Found[] {
  const lists = new Set<string>();
  return founds.filter(({ finding: { remedy, snapshotter } }) => {
    if (remedy !== 'rewrite-list') return true;
    const isFirst = !lists.has(snapshotter);
    lists.add(snapshotter);
    return isFirst;
  });
}

function simpleStep(
  { live }: CheckSubject,
  found: Found,
  remedy: Exclude<Remedy, 'none' | 'drop-snapshot'>,
): PlannedStep {
  const { finding } = found;
  const message = `${remedies[remedy]} (${finding.path ?? finding.message})`;
  const action = { ...subjectOf(found), remedy, message };
  // The allocator of an open snapshotter keeps the mark in memory.
  if (live && finding.kind === 'id-beyond-reserved') {
    return { action: { ...action, state: 'skipped', reason: 'stop the daemon first' }, found, doomed: [] };
  }
  return { action: { ...action, state: 'planned' }, found, doomed: [] };
}

function subjectOf({ finding }: Found): Pick<RepairAction, 'snapshotter' | 'namespace' | 'key' | 'id'> {
  const { snapshotter, namespace, key, id } = finding;
  return {
    snapshotter,
    ...(namespace === undefined ? {} : { namespace }),
    ...(key === undefined ? {} : { key }),
    ...(id === undefined ? {} : { id }),
  };
}

const shownNames = 5;

function dropStep(store: Store, found: Found, { dropDescendants }: RepairRequest): PlannedStep {
  const { snapshotter, key = '' } = found.finding;
  const doomed = store.read((tx) => doomedWith(tx, snapshotter, key));
  const others = doomed.slice(1).map((one) => quoted(shownName(one)));
  const list = `${others.slice(0, shownNames).join(', ')}${others.length > shownNames ? ', ...' : ''}`;
  const message = `drops it${others.length === 0 ? '' : `, and with it ${others.length} that stand on it: ${list}`}`;
  const action = { ...subjectOf(found), remedy: 'drop-snapshot', message } as const;
  if (others.length === 0 || dropDescendants) return { action: { ...action, state: 'planned' }, found, doomed };
  const reason = `${others.length} snapshots stand on it; they go with it only with --drop-descendants`;
  return { action: { ...action, state: 'skipped', reason }, found, doomed };
}

/** What people call a snapshot: its key in its namespace, or else in the back end. */
function shownName({ key, metadata }: Doomed): string {
  return metadata === undefined ? key : `${metadata.namespace}/${metadata.key}`;
}
