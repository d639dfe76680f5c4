/** What a check found, for people: grouped by kind, one line each, and a summary. */
import type { CheckAction, CheckFinding, CheckSummary } from '../../rpc/client/index.js';
import { escapeText } from './escape.js';
import type { Style } from './style.js';
import { shortName } from './tree.js';

interface Outcome {
  readonly findings: readonly CheckFinding[];
  readonly actions: readonly CheckAction[];
  readonly left: readonly CheckFinding[];
  readonly summary: CheckSummary | undefined;
}

/** The lines of a whole outcome. Whatever comes from elsewhere is escaped. */
export function* renderOutcome({ findings, actions, left, summary }: Outcome, style: Style): Generator<string> {
  yield* renderFindings(findings, style);
  const planned = actions.filter(({ state }) => state === 'planned');
  const others = actions.filter(({ state }) => state !== 'planned');
  yield* renderActions('Plan', planned, style);
  yield* renderActions('Repair', others, style);
  if (left.length > 0) {
    yield style.colours.bold('Left');
    yield* renderFindings(left, style);
  }
  if (summary !== undefined) yield* renderSummary(summary, { style, isRepair: others.some(isDone) });
}

function isDone({ state }: CheckAction): boolean {
  return state === 'done';
}

function* renderFindings(findings: readonly CheckFinding[], { colours }: Style): Generator<string> {
  const kinds = new Map<string, CheckFinding[]>();
  for (const finding of findings) {
    const same = kinds.get(finding.kind);
    if (same === undefined) kinds.set(finding.kind, [finding]);
    else same.push(finding);
  }
  for (const [kind, same] of kinds) {
    yield `${colours.red(escapeText(kind))} ${colours.dim(`(${same.length})`)}`;
    for (const finding of same) yield `  ${escapeText(findingText(finding))}`;
    yield '';
  }
}

function findingText(finding: CheckFinding): string {
  const { path, message, remedy } = finding;
  const where = path === undefined ? '' : `${path}: `;
  return `${subjectText(finding)}  ${where}${message}  [${remedy}]`;
}

type Subject = Pick<CheckFinding, 'snapshotter' | 'namespace' | 'key' | 'id'>;

function subjectText({ snapshotter, namespace, key, id }: Subject): string {
  const name = [namespace, key].filter((part) => part !== undefined).join('/');
  const parts = [snapshotter, name === '' ? undefined : shortName(name), id === undefined ? undefined : `id ${id}`];
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

function* renderActions(title: string, actions: readonly CheckAction[], { colours }: Style): Generator<string> {
  if (actions.length === 0) return;
  yield colours.bold(title);
  const paint: Readonly<Record<string, (text: string) => string>> = { done: colours.green, failed: colours.red };
  for (const action of actions) {
    const { state, reason } = action;
    const how = state === 'planned' ? '' : `${(paint[state] ?? colours.yellow)(escapeText(state))}  `;
    const why = reason === undefined ? '' : `: ${reason}`;
    yield `  ${how}${escapeText(`${action.remedy}  ${subjectText(action)}  ${action.message}${why}`)}`;
  }
  yield '';
}

function* renderSummary(
  { findings, snapshots, compared, withoutManifest, repaired, unseen, unread }: CheckSummary,
  { style: { colours }, isRepair }: { readonly style: Style; readonly isRepair: boolean },
): Generator<string> {
  const parts = [`${counted(snapshots, 'snapshot')} checked`];
  if (compared + withoutManifest > 0) {
    parts.push(`${counted(compared, 'layer')} compared with a manifest, ${withoutManifest} read without one`);
  }
  if (isRepair) parts.push(`${counted(repaired, 'step')} of repair done`);
  if (unseen.length > 0) parts.push(`files of ${escapeText(unseen.join(', '))} not looked at`);
  if (unread.length > 0) parts.push(`layers of ${escapeText(unread.join(', '))} not read`);
  const left = isRepair ? ' left' : '';
  const result = findings === 0 ? `nothing wrong${left}` : `${counted(findings, 'finding')}${left}`;
  yield `${parts.join(', ')}: ${(findings === 0 ? colours.green : colours.red)(result)}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
