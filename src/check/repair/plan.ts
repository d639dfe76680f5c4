import type { Store } from '../../store/index.js';
import { type Remedy, remedies } from '../findings/kinds.js';
import type { CheckAction, CheckSubject, RepairOptions } from '../findings/types.js';
import { type Found, quoted } from '../scan/found.js';
import { type Doomed, doomedWith } from './doomed.js';

/** A step of a repair. */
export interface PlannedStep {
  readonly action: CheckAction;
  readonly found: Found;
  /** Of a `drop-snapshot`: the snapshot, and what goes with it. */
  readonly doomed: readonly Doomed[];
}

/**
 * What to do about findings: for each the step that its remedy asks for, and one for all that drop the same snapshot.
 * While the store is damaged, nothing is done: what it lost may be in the backup that replaces it.
 */
export function planRepair(subject: CheckSubject, founds: readonly Found[], options: RepairOptions): PlannedStep[] {
  if (founds.some(({ kind }) => kind === 'damaged-store')) return founds.flatMap(stepForLater);
  const steps: PlannedStep[] = [];
  const dropped = new Set<number>();
  for (const found of founds) {
    const { remedy } = found;
    if (remedy === 'none') continue;
    if (remedy !== 'drop-snapshot') {
      steps.push(simpleStep(subject, found, remedy));
      continue;
    }
    const step = dropStep(subject.store, found, options);
    const ids = step.doomed.map(({ id }) => id);
    const [id] = ids;
    if (id === undefined || dropped.has(id)) continue;
    for (const gone of step.action.state === 'planned' ? ids : [id]) dropped.add(gone);
    steps.push(step);
  }
  return steps;
}

function stepForLater(found: Found): PlannedStep[] {
  if (found.remedy === 'none') return [];
  const reason = 'the store is damaged, and restored first';
  return [{ action: { ...actionOf(found, remedies[found.remedy]), state: 'skipped', reason }, found, doomed: [] }];
}

function simpleStep({ live }: CheckSubject, found: Found, remedy: Remedy): PlannedStep {
  const { finding, kind } = found;
  const action = actionOf(found, `${remedies[remedy]} (${finding.path ?? finding.message})`);
  // The allocator of an open snapshotter keeps the mark in memory.
  if (live && kind === 'id-beyond-reserved') {
    return { action: { ...action, state: 'skipped', reason: 'stop the daemon first' }, found, doomed: [] };
  }
  return { action, found, doomed: [] };
}

function actionOf({ finding, remedy }: Found, message: string): CheckAction {
  const { kind: _, path: __, ...subject } = finding;
  return { ...subject, remedy, message, state: 'planned' };
}

const shownNames = 5;

function dropStep(store: Store, found: Found, { dropDescendants = false }: RepairOptions): PlannedStep {
  const doomed = store.read((tx) => doomedWith(tx, found.finding.id ?? ''));
  const others = doomed.slice(1).map((one) => quoted(shownName(one)));
  const list = `${others.slice(0, shownNames).join(', ')}${others.length > shownNames ? ', ...' : ''}`;
  const count = others.length === 1 ? '1 snapshot' : `${others.length} snapshots`;
  const message = `drops it${others.length === 0 ? '' : `, and with it ${count} based on it: ${list}`}`;
  const action = actionOf(found, message);
  if (others.length === 0 || dropDescendants) return { action, found, doomed };
  return { action: { ...action, state: 'skipped', reason: 'only with --drop-descendants' }, found, doomed };
}

function shownName({ namespace, key }: Doomed): string {
  return namespace === '' ? key : `${namespace}/${key}`;
}
