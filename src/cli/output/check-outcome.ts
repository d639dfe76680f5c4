/** What a check found, for people: grouped by kind, and a summary. */
import type { CheckAction, CheckFinding, CheckSummary } from '../../rpc/client/index.js';
import { ctrCommand } from './ctr-command.js';
import { escapeText } from './escape.js';
import { shortName } from './short-name.js';
import type { Style } from './style.js';
import { widthOf } from './width.js';
import { wrap } from './wrap.js';

/** What a check said, until its end. */
export interface CheckOutcome {
  readonly findings: readonly CheckFinding[];
  /** What is told that is not wrong. */
  readonly notes: readonly CheckFinding[];
  /** The plan of a repair, and how its steps fared. */
  readonly actions: readonly CheckAction[];
  /** After a repair: the findings that are still there. */
  readonly left: readonly CheckFinding[];
  readonly summary: CheckSummary | undefined;
}

/**
 * The lines of a whole outcome: one for each finding and each step where that is as wide as the terminal, or where there is
 * none; several otherwise. Whatever comes from elsewhere is escaped.
 */
export function* renderOutcome(
  { findings, notes, actions, left, summary }: CheckOutcome,
  style: Style,
): Generator<string> {
  yield* renderFindings(findings, style);
  yield* renderFindings(notes, style, style.colours.yellow);
  const planned = actions.filter(({ state }) => state === 'planned');
  const others = actions.filter(({ state }) => state !== 'planned');
  yield* renderActions('Plan', planned, style);
  yield* renderActions('Repair', others, style);
  yield* renderForget(others.some(isDone) ? others.filter(isDone) : planned, style);
  if (left.length > 0) {
    yield style.colours.bold('Left');
    yield* renderFindings(left, style);
  }
  if (summary !== undefined) yield* renderSummary(summary, { style, isRepair: others.some(isDone) });
}

function isDone({ state }: CheckAction): boolean {
  return state === 'done';
}

function* renderFindings(
  findings: readonly CheckFinding[],
  style: Style,
  paint = style.colours.red,
): Generator<string> {
  const { colours } = style;
  for (const [kind, same] of Map.groupBy(findings, (finding) => finding.kind)) {
    yield `${paint(escapeText(kind))} ${colours.dim(`(${same.length})`)}`;
    for (const finding of same) yield* renderFinding(finding, style);
    yield '';
  }
}

function renderFinding(finding: CheckFinding, style: Style): Iterable<string> {
  const { path, message, remedy } = finding;
  const subject = subjectText(finding);
  return laidOut(
    {
      wide: spaced(subject, path === undefined ? message : `${path}: ${message}`, `[${remedy}]`),
      head: spaced(subject, `[${remedy}]`),
      body: [path, message],
    },
    style,
  );
}

type Subject = Pick<CheckFinding, 'snapshotter' | 'namespace' | 'key' | 'id'>;

function subjectText({ snapshotter, namespace, key, id }: Subject): string {
  const name = [namespace, key].filter((part) => part !== undefined).join('/');
  return [snapshotter, shortName(name), id === undefined ? undefined : `id ${id}`].filter(isSaid).join(' ');
}

function* renderActions(title: string, actions: readonly CheckAction[], style: Style): Generator<string> {
  if (actions.length === 0) return;
  yield style.colours.bold(title);
  for (const action of actions) yield* renderAction(action, style);
  yield '';
}

function renderAction(action: CheckAction, style: Style): Iterable<string> {
  const { state, remedy, message, reason } = action;
  const head = spaced(remedy, subjectText(action));
  const why = reason === undefined ? '' : `: ${reason}`;
  return laidOut(
    { state: state === 'planned' ? '' : state, wide: spaced(head, message + why), head, body: [message, reason] },
    style,
  );
}

/** The commands that tell containerd what a repair could not tell it. They are to be pasted, so that no line is broken. */
function* renderForget(actions: readonly CheckAction[], { colours }: Style): Generator<string> {
  // A layer may be dropped by itself, and with one that it is based on.
  const named = actions
    .flatMap(({ forget = [] }) => forget)
    .map((one) => [`${one.namespace}/${one.key}`, one] as const);
  const forget = [...new Map(named).values()];
  if (forget.length === 0) return;
  yield colours.bold("Remove containerd's own records of what is dropped, before the next pull or import");
  // Each by itself, since ctr stops at the first that containerd has no record of.
  for (const { namespace, key } of forget) yield indent + ctrCommand({ namespace, words: ['rm', key] });
  yield '';
}

/** The same text in one line, and in several. */
interface Layout {
  /** Stands in front, in a colour. */
  readonly state?: string;
  readonly wide: string;
  readonly head: string;
  readonly body: readonly (string | undefined)[];
}

const indent = '  ';
const bodyIndent = '      ';

function* laidOut({ state = '', wide, head, body }: Layout, { colours, columns }: Style): Generator<string> {
  const paint = { done: colours.green, failed: colours.red }[state] ?? colours.yellow;
  const front = state === '' ? indent : `${indent}${paint(escapeText(state))}  `;
  const line = escapeText(wide);
  const width = widthOf(spaced(state, line)) + indent.length;
  if (columns === undefined || width <= columns) {
    yield front + line;
    return;
  }
  yield front + escapeText(head);
  for (const text of body.filter(isSaid)) yield* wrap(escapeText(text), { columns, indent: bodyIndent });
}

function isSaid(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function spaced(...parts: readonly string[]): string {
  return parts.filter(isSaid).join('  ');
}

function* renderSummary(
  { findings, snapshots, compared, withoutFileList, repaired, unseen, unread, containerd }: CheckSummary,
  { style: { colours, columns }, isRepair }: { readonly style: Style; readonly isRepair: boolean },
): Generator<string> {
  const parts = [`${counted(snapshots, 'snapshot')} checked`];
  if (compared + withoutFileList > 0) {
    parts.push(`${counted(compared, 'layer')} compared with a file list, ${withoutFileList} read without one`);
  }
  if (isRepair) parts.push(`${counted(repaired, 'step')} of repair done`);
  if (unseen.length > 0) parts.push(`files of ${escapeText(unseen.join(', '))} not looked at`);
  if (unread.length > 0) parts.push(`layers of ${escapeText(unread.join(', '))} not read`);
  if (containerd === 'compared') parts.push('compared with containerd');
  else if (containerd !== undefined) parts.push(`not compared with containerd (${escapeText(containerd)})`);
  const left = isRepair ? ' left' : '';
  const result = findings === 0 ? `nothing wrong${left}` : `${counted(findings, 'finding')}${left}`;
  const painted = (findings === 0 ? colours.green : colours.red)(result);
  const looked = `${parts.join(', ')}:`;
  if (columns === undefined || widthOf(`${looked} ${result}`) <= columns) yield `${looked} ${painted}`;
  else {
    yield* wrap(looked, { columns, indent: '' });
    yield painted;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
