import { type CallContext, type CheckLevel, noContext } from '../snapshots/index.js';
import { isNote } from './findings/kinds.js';
import type { CheckEvent, CheckOptions, CheckSubject, RepairOptions } from './findings/types.js';
import { emptyLostAndFound } from './repair/empty-lost-and-found.js';
import { planRepair } from './repair/plan.js';
import { performStep } from './repair/repair.js';
import { examine, newTally, type Tally } from './scan/examine.js';
import type { Found } from './scan/found.js';

/**
 * Has SQLite check the store, compares records and files, and gives each finding once it is certain; a summary is last. Changes
 * nothing unless a repair is asked for. Everything may be in use: what changes meanwhile is no finding.
 *
 * Reads all of the store in a worker thread. Costs some ten microseconds more for each snapshot when it is `quick`;
 * `normal` measures every layer besides, and `deep` reads every file of every layer, both in worker threads.
 * @throws CanceledError or DeadlineExceededError when the signal is aborted; FailedPreconditionError when the snapshots
 * directory of a snapshotter is gone as a whole; and as the methods of `Front`.
 */
export async function* check(
  subject: CheckSubject,
  { level = 'normal', repair }: CheckOptions = {},
  call: CallContext = noContext,
): AsyncGenerator<CheckEvent> {
  const look = new Look(subject, level, call);
  const founds: Found[] = [];
  let findings = 0;
  for await (const found of look.run()) {
    if (isNote(found.kind)) {
      yield { type: 'note', finding: found.finding };
      continue;
    }
    findings += 1;
    // Kept only for a repair, since there may be many.
    if (repair !== undefined) founds.push(found);
    yield { type: 'finding', finding: found.finding };
  }
  if (repair === undefined) yield summaryOf(look.tally, { findings, repaired: 0 });
  else yield* repairAll(look, founds, repair);
}

/** One subject, which may be checked several times. */
class Look {
  readonly subject: CheckSubject;
  readonly call: CallContext;
  readonly #level: CheckLevel;
  /** What the last look has counted. */
  tally: Tally = newTally();

  constructor(subject: CheckSubject, level: CheckLevel, call: CallContext) {
    this.subject = subject;
    this.#level = level;
    this.call = call;
  }

  run(): AsyncIterable<Found> {
    this.tally = newTally();
    return examine({ subject: this.subject, level: this.#level, call: this.call, tally: this.tally });
  }

  async all(): Promise<Found[]> {
    const founds: Found[] = [];
    for await (const found of this.run()) if (!isNote(found.kind)) founds.push(found);
    return founds;
  }
}

/** One repair may uncover what another finding hid, such as files whose records are gone. */
const mostRounds = 5;

async function* repairAll(look: Look, first: readonly Found[], options: RepairOptions): AsyncGenerator<CheckEvent> {
  const { subject, call } = look;
  let left = first;
  // First, so that nothing is deleted that this repair takes away.
  let repaired = yield* emptied(look, options);
  for (let round = 0; round < mostRounds; round++) {
    const steps = planRepair(subject, left, options);
    // What is skipped is said once.
    const told = steps.filter(({ action }) => round === 0 || action.state === 'planned');
    for (const { action } of told) yield { type: 'action', action };
    if (options.dryRun === true) break;
    const before = repaired;
    for (const step of steps.filter(({ action }) => action.state === 'planned')) {
      const action = await performStep(subject, step, call);
      if (action.state === 'done') repaired += 1;
      yield { type: 'action', action };
    }
    if (repaired === before) break;
    left = await look.all();
  }
  if (options.dryRun !== true) for (const { finding } of left) yield { type: 'left', finding };
  yield summaryOf(look.tally, { findings: left.length, repaired });
}

/** @returns how much was deleted. */
async function* emptied({ subject, call }: Look, options: RepairOptions): AsyncGenerator<CheckEvent, number> {
  let deleted = 0;
  if (options.emptyLostAndFound !== true) return deleted;
  for await (const action of emptyLostAndFound(subject, options, call)) {
    if (action.state === 'done') deleted += 1;
    yield { type: 'action', action };
  }
  return deleted;
}

function summaryOf(
  { snapshots, compared, withoutFileList, unseen, unread, containerd }: Tally,
  { findings, repaired }: { readonly findings: number; readonly repaired: number },
): CheckEvent {
  const summary = {
    findings,
    snapshots,
    compared,
    withoutFileList,
    repaired,
    unseen: [...unseen],
    unread: [...unread],
    ...(containerd === undefined ? {} : { containerd }),
  };
  return { type: 'summary', summary };
}
