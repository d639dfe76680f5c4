import { parseProxiedKey } from '../../snapshots/index.js';
import { remedies } from '../findings/kinds.js';
import type { CheckAction, CheckSubject, ProxiedSnapshot, RepairOptions } from '../findings/types.js';
import { childrenFirst, usedBy } from '../front/compare.js';
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
      steps.push(stepOf(subject, found, options));
      continue;
    }
    const step = dropStep(subject, found, options);
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

function stepOf(subject: CheckSubject, found: Found, options: RepairOptions): PlannedStep {
  return found.remedy === 'forget' ? forgetStep(subject, found, options) : simpleStep(subject, found);
}

function simpleStep({ live }: CheckSubject, found: Found): PlannedStep {
  const { finding, kind, remedy } = found;
  const action = actionOf(found, `${remedies[remedy]} (${finding.path ?? finding.message})`);
  // The allocator of an open snapshotter keeps the mark in memory.
  if (live && kind === 'id-beyond-reserved') {
    return { action: { ...action, state: 'skipped', reason: 'stop the daemon first' }, found, doomed: [] };
  }
  return { action, found, doomed: [] };
}

function forgetStep({ front }: CheckSubject, found: Found, { dropDescendants = false }: RepairOptions): PlannedStep {
  const { key = '' } = found.finding;
  const users = front?.usersOf({ key }) ?? [];
  const action = actionOf(
    found,
    `deletes containerd's record of it${front === undefined ? '' : usedBy(front, [{ key }])}`,
  );
  if (users.length === 0 || dropDescendants) return { action, found, doomed: [] };
  return { action: { ...action, state: 'skipped', reason: onlyWithDescendants }, found, doomed: [] };
}

function actionOf({ finding, remedy }: Found, message: string): CheckAction {
  const { kind: _, path: __, ...subject } = finding;
  return { ...subject, remedy, message, state: 'planned' };
}

const shownNames = 5;
const onlyWithDescendants = 'only with --drop-descendants';

function dropStep(subject: CheckSubject, found: Found, { dropDescendants = false }: RepairOptions): PlannedStep {
  const { store, front } = subject;
  const doomed = store.read((tx) => doomedWith(tx, found.finding.id ?? ''));
  const others = doomed.slice(1).map((one) => quoted(shownName(one)));
  const list = `${others.slice(0, shownNames).join(', ')}${others.length > shownNames ? ', ...' : ''}`;
  const count = others.length === 1 ? '1 snapshot' : `${others.length} snapshots`;
  const users = front === undefined ? '' : usedBy(front, doomed);
  const where = front !== undefined && doomed.some(isProxied) ? ', here and in containerd' : '';
  const message = `drops it${where}${others.length === 0 ? '' : `, and with it ${count} based on it: ${list}`}${users}`;
  const action = actionOf(found, message);
  if (others.length === 0 || dropDescendants)
    return { action: { ...action, ...forgetOf(subject, doomed) }, found, doomed };
  return { action: { ...action, state: 'skipped', reason: onlyWithDescendants }, found, doomed };
}

/** What containerd has to be told by somebody else: where it is reached, the next look finds what it still has records of. */
function forgetOf({ front }: CheckSubject, doomed: readonly Doomed[]): Pick<CheckAction, 'forget'> {
  if (front !== undefined) return {};
  const forget = childrenFirst(doomed.filter(isProxied)).flatMap(proxiedOf);
  return forget.length === 0 ? {} : { forget };
}

function isProxied({ namespace }: Doomed): boolean {
  return namespace === '';
}

function proxiedOf({ key: given }: Doomed): ProxiedSnapshot[] {
  const proxied = parseProxiedKey(given);
  return proxied === undefined ? [] : [{ namespace: proxied.namespace, key: proxied.key }];
}

function shownName({ namespace, key }: Doomed): string {
  return namespace === '' ? key : `${namespace}/${key}`;
}
